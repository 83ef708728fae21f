using System.Collections.Concurrent;
using Akka.Actor;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Links;

/// <summary>What came back for a request that was sent to another node.</summary>
/// <param name="Reply">Null without <paramref name="IsNotThere"/>: no answer in time.</param>
/// <param name="IsNotThere">That node does not hold the key's shard, and has done nothing.</param>
internal readonly record struct LinkAnswer(KeyReply? Reply, bool IsNotThere = false);

/// <summary>
/// The requests of this node that wait for an answer of another one. They go past the shard region, by a guess of who has the
/// key's shard: a wrong guess is answered as such, and the region is asked instead. Safe for all threads.
/// </summary>
public sealed class NodeLinks(TimeProvider time)
{
    /// <summary>Beyond this the region is asked, which has a bound of its own.</summary>
    private const int MostWaiting = 10_000;

    private readonly ConcurrentDictionary<long, TaskCompletionSource<LinkAnswer>> _waiting = new();
    private readonly ConcurrentDictionary<string, NodeLink> _links = new();

    /// <summary>
    /// Begins anywhere, so that the answer to a request of the process that had this address before is taken for none of this one's.
    /// </summary>
    private long _lastId = Random.Shared.NextInt64();

    private volatile Func<string, NodeLink>? _open;

    /// <summary>Whether there is a way at all.</summary>
    internal bool IsOpen => _open is not null && _waiting.Count < MostWaiting;

    /// <summary>The actor that hears the answers has started.</summary>
    internal void Open(Func<string, NodeLink> open) => _open = open;

    internal async Task<LinkAnswer> AskAsync(string address, IKeyMessage message, TimeSpan limit, CancellationToken aborted)
    {
        var link = _links.TryGetValue(address, out var known) ? known : _links.GetOrAdd(address, _open!);
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<LinkAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            link.Send(id, message);
            return await answer.Task.WaitAsync(limit, time, aborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return default;
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    internal void Answered(long id, KeyReply? reply)
    {
        if (_waiting.TryRemove(id, out var answer))
        {
            answer.TrySetResult(new LinkAnswer(reply, IsNotThere: reply is null));
        }
    }
}
