using System.Collections.Concurrent;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// The links of this node to others, and the requests that wait for an answer of one. They go past the shard region, by a guess
/// of who has the key's shard: a wrong guess is answered as such, and the region is asked instead. Safe for all threads.
/// </summary>
public sealed class NodeLinks
{
    /// <summary>Beyond this the region is asked, which has a bound of its own.</summary>
    internal const int MostWaiting = 10_000;

    private readonly ConcurrentDictionary<long, Waiting> _waiting = new();
    private readonly ConcurrentDictionary<string, NodeLink> _links = new();
    private int _waitingCount;

    /// <summary>Begins anywhere, so that no answer is ever taken for that to a request of another process.</summary>
    private long _lastId = Random.Shared.NextInt64();

    private volatile Action<string>? _seek;

    /// <summary>The actor that finds the other ends has started.</summary>
    /// <param name="seek">Asks for a link to the node of an address; called often.</param>
    internal void Start(Action<string> seek) => _seek = seek;

    /// <summary>Requests go there from now on, until the link breaks or is closed.</summary>
    internal async Task RunAsync(string address, NodeLink link)
    {
        _links[address] = link;
        var unsent = await link.RunAsync(entry => Answered(entry.Id, entry.Message as KeyReply)).ConfigureAwait(false);
        _links.TryRemove(KeyValuePair.Create(address, link));
        foreach (var entry in unsent)
        {
            Answered(entry.Id, null);
        }

        EndAllOf(link);
    }

    /// <summary>The link to the node of an address; null, and it is looked for, where there is none yet.</summary>
    internal NodeLink? Find(string address)
    {
        if (_links.TryGetValue(address, out var link))
        {
            return Volatile.Read(ref _waitingCount) < MostWaiting ? link : null;
        }

        _seek?.Invoke(address);
        return null;
    }

    internal async Task<AttemptAnswer> AskAsync(NodeLink link, IKeyMessage message, ReplyWait wait)
    {
        var id = Interlocked.Increment(ref _lastId);
        _waiting[id] = new Waiting(wait, link);
        Interlocked.Increment(ref _waitingCount);
        try
        {
            if (!link.TrySend(id, message))
            {
                Answered(id, null);
            }

            return await wait.Task.ConfigureAwait(false);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
            Interlocked.Decrement(ref _waitingCount);
        }
    }

    /// <param name="reply">Null: the key's shard is not there, and nothing was done.</param>
    private void Answered(long id, KeyReply? reply)
    {
        if (_waiting.TryRemove(id, out var waiting))
        {
            waiting.Wait.End(new AttemptAnswer(reply, IsNotThere: reply is null));
        }
    }

    /// <summary>What was sent by a link that broke may have been done or not, and nobody will say so.</summary>
    private void EndAllOf(NodeLink link)
    {
        foreach (var (id, waiting) in _waiting)
        {
            if (waiting.Link == link && _waiting.TryRemove(id, out _))
            {
                waiting.Wait.End(new AttemptAnswer(null, Gone: waiting.Wait.Holder.Likely));
            }
        }
    }

    private readonly record struct Waiting(ReplyWait Wait, NodeLink Link);
}
