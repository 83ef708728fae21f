using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>The way from the edge to the owner of a key, wherever it lives.</summary>
public interface IKeyGateway
{
    /// <summary>
    /// What a read gets that is answered on this node without anybody being asked, as <see cref="SendAsync"/> would answer it. Null
    /// where it is to be sent: the answer takes more than that, or a trace is to tell of it.
    /// </summary>
    KeyReply? TryReadHere(Key key, Precondition precondition);

    /// <summary>
    /// Gives the request to the key's owner and waits for its answer, at the longest until the message's deadline. Always
    /// answers: a time-out is a reply too.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="aborted"/>: nobody waits for an answer any more.</exception>
    ValueTask<KeyReply> SendAsync(IKeyMessage message, CancellationToken aborted);
}
