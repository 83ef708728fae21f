using System.Collections.Concurrent;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Links;

/// <summary>The end of a link that asks, and the requests that wait for their answers. Safe for all threads.</summary>
internal sealed class AskingLink
{
    /// <summary>Beyond this the region is asked, which has a bound of its own.</summary>
    private const int MostWaiting = 10_000;

    private readonly ConcurrentDictionary<long, ReplyWait> _waiting = new();
    private readonly NodeLink _link;
    private readonly ILogger _log;
    private int _waitingCount;
    private long _lastId;

    /// <param name="stream">Is closed with the link.</param>
    public AskingLink(Stream stream, BatchFrames frames, string address, ILogger log)
    {
        _log = log;
        // Whoever has gone meanwhile would have it done for nobody, before the requests of those that wait still.
        _link = new NodeLink(stream, frames, address, log, _waiting.ContainsKey);
    }

    /// <summary>Of the node at the other end, by which Akka knows it.</summary>
    public string Address => _link.Peer;

    public bool MayAsk => Volatile.Read(ref _waitingCount) < MostWaiting;

    /// <summary>Until the link breaks or is closed; by then nobody waits for it any more.</summary>
    public async Task RunAsync()
    {
        foreach (var entry in await _link.RunAsync(OnReceived).ConfigureAwait(false))
        {
            End(entry.Id, new AttemptAnswer(null, IsNotThere: true));
        }

        // What was sent may have been done or not, and nobody will say so.
        foreach (var (id, wait) in _waiting)
        {
            End(id, new AttemptAnswer(null, Gone: wait.Holder.Likely));
        }
    }

    public void Close(string why) => _link.Close(why);

    public async Task<AttemptAnswer> AskAsync(IKeyMessage message, ReplyWait wait)
    {
        var id = Interlocked.Increment(ref _lastId);
        _waiting[id] = wait;
        Interlocked.Increment(ref _waitingCount);
        try
        {
            if (!_link.TryAsk(id, message))
            {
                End(id, new AttemptAnswer(null, IsNotThere: true));
            }

            return await wait.Task.ConfigureAwait(false);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
            Interlocked.Decrement(ref _waitingCount);
        }
    }

    private void OnReceived(KeyBatchEntry entry)
    {
        switch (entry.Message)
        {
            case null:
                End(entry.Id, new AttemptAnswer(null, IsNotThere: true));
                break;
            case KeyReply reply:
                End(entry.Id, new AttemptAnswer(reply));
                break;
            default:
                _log.BatchEntryUnread(Address, "a request where answers come");
                break;
        }
    }

    private void End(long id, AttemptAnswer answer)
    {
        if (_waiting.TryRemove(id, out var wait))
        {
            wait.End(answer);
        }
    }
}
