using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>The way from the edge to the owner of a key, wherever it lives.</summary>
public interface IKeyGateway
{
    /// <summary>
    /// Gives the request to the key's owner and waits for its answer, at the longest until the message's deadline. Always
    /// answers: a time-out is a reply too.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="aborted"/>: nobody waits for an answer any more.</exception>
    ValueTask<KeyReply> SendAsync(IKeyMessage message, CancellationToken aborted);
}
