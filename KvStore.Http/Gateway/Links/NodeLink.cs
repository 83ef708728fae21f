using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// What waits to be sent to one node. Nothing waits on purpose: the first entry has a batch sent as soon as a thread is free,
/// and what comes until then goes along.
/// </summary>
internal sealed class NodeLink(IActorRef peer, IActorRef self) : IThreadPoolWorkItem
{
    private const int MostEntries = 256;

    /// <summary>Bytes after which a batch is full; with one more entry it still fits into a frame.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>More than an entry has beside what its caller chose the length of.</summary>
    private const int EntryOverhead = 512;

    private readonly ConcurrentQueue<KeyBatchEntry> _entries = new();
    private int _isSending;

    public IActorRef Peer => peer;

    public void Send(long id, IKvStoreMessage? message)
    {
        _entries.Enqueue(new KeyBatchEntry(id, message));
        if (Interlocked.Exchange(ref _isSending, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    public void Execute()
    {
        do
        {
            while (Take() is { Length: > 0 } entries)
            {
                peer.Tell(new KeyBatch(entries), self);
            }

            // Who came between the last look and this line has seen that somebody sends. A full fence: the look that follows must
            // not be taken before others can see this.
            Interlocked.Exchange(ref _isSending, 0);
        }
        while (!_entries.IsEmpty && Interlocked.Exchange(ref _isSending, 1) == 0);
    }

    private ImmutableArray<KeyBatchEntry> Take()
    {
        var entries = ImmutableArray.CreateBuilder<KeyBatchEntry>();
        for (var bytes = 0; entries.Count < MostEntries && bytes < MostBytes && _entries.TryDequeue(out var entry);)
        {
            entries.Add(entry);
            bytes += BytesOf(entry.Message);
        }

        return entries.DrainToImmutable();
    }

    /// <summary>Not exact, and never too few.</summary>
    private static int BytesOf(IKvStoreMessage? message) => EntryOverhead + message switch
    {
        PutValue put => put.Value.Length + BytesOfRequest(put),
        PatchValue patch => patch.Delta.Length + BytesOfRequest(patch),
        IKeyMessage other => BytesOfRequest(other),
        Found found => found.Value.Length,
        Stored stored => stored.Value?.Length ?? 0,
        _ => 0,
    };

    private static int BytesOfRequest(IKeyMessage request)
    {
        const int MostOfChar = 3;
        const int MostOfVersion = 10;
        var guard = request switch
        {
            PutValue put => put.Precondition,
            PatchValue patch => patch.Precondition,
            DeleteKey delete => delete.Precondition,
            GetValue get => get.Precondition,
            _ => Precondition.None,
        };
        var tags = (guard.IfMatch?.Versions.Length ?? 0) + (guard.IfNoneMatch?.Versions.Length ?? 0);
        return (MostOfChar * (request.Key.Text.Length + (request.Context.TraceState?.Length ?? 0))) + (MostOfVersion * tags);
    }
}
