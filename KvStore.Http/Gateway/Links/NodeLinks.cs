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
    private const int MostWaiting = 10_000;

    private readonly ConcurrentDictionary<long, ReplyWait> _waiting = new();
    private readonly ConcurrentDictionary<string, NodeLink> _links = new();
    private int _waitingCount;

    /// <summary>
    /// Begins anywhere, so that the answer to a request of the process that had this address before is taken for none of this one's.
    /// </summary>
    private long _lastId = Random.Shared.NextInt64();

    private volatile Action<string>? _seek;

    /// <summary>The actor that finds the other ends, and hears their answers, has started.</summary>
    /// <param name="seek">Asks for a link to the node of an address; called often.</param>
    internal void Start(Action<string> seek) => _seek = seek;

    internal void Open(string address, NodeLink link) => _links[address] = link;

    internal void Close(string address, NodeLink link) => _links.TryRemove(KeyValuePair.Create(address, link));

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
        _waiting[id] = wait;
        Interlocked.Increment(ref _waitingCount);
        try
        {
            link.Send(id, message);
            return await wait.Task.ConfigureAwait(false);
        }
        finally
        {
            // For the case that nothing could be sent.
            wait.End(default);
            _waiting.TryRemove(id, out _);
            Interlocked.Decrement(ref _waitingCount);
        }
    }

    internal void Answered(long id, KeyReply? reply)
    {
        if (_waiting.TryRemove(id, out var wait))
        {
            wait.End(new AttemptAnswer(reply, IsNotThere: reply is null));
        }
    }
}
