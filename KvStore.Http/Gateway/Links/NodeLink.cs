using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// What waits to be sent to one node. Nothing waits on purpose: the first entry has a batch sent as soon as a thread is free,
/// and what comes until then goes along.
/// </summary>
internal sealed class NodeLink(IActorRef peer, IActorRef self) : IThreadPoolWorkItem
{
    private const int MostEntries = 256;

    /// <summary>Bytes of values after which a batch is full; with one more value it still fits into a frame.</summary>
    private const int MostBytes = 256 * 1024;

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

            Volatile.Write(ref _isSending, 0);
            // Who came between the last look and this line has seen that somebody sends.
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

    private static int BytesOf(IKvStoreMessage? message) => message switch
    {
        PutValue put => put.Value.Length,
        PatchValue patch => patch.Delta.Length,
        Found found => found.Value.Length,
        Stored stored => stored.Value?.Length ?? 0,
        _ => 0,
    };
}
