using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Links;

/// <summary>How much goes into one batch.</summary>
internal static class LinkBatch
{
    private const int MostEntries = 256;

    /// <summary>Bytes after which a batch is full; with one more entry it still fits into a frame.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>More than an entry has beside what its caller chose the length of.</summary>
    private const int EntryOverhead = 512;

    /// <summary>What waits, up to a full batch; null where nothing does.</summary>
    /// <param name="isWanted">By its number; what is not is left out.</param>
    /// <param name="taken">Bytes of all that waits no more.</param>
    public static KeyBatch? TryTake(ConcurrentQueue<Unsent> waiting, Func<long, bool>? isWanted, out long taken)
    {
        var entries = ImmutableArray.CreateBuilder<KeyBatchEntry>();
        taken = 0;
        for (var bytes = 0; entries.Count < MostEntries && bytes < MostBytes && waiting.TryDequeue(out var next);)
        {
            taken += next.Bytes;
            if (isWanted?.Invoke(next.Entry.Id) != false)
            {
                entries.Add(next.Entry);
                bytes += next.Bytes;
            }
        }

        return taken == 0 ? null : new KeyBatch(entries.DrainToImmutable());
    }

    /// <summary>A buffer to go on with: what a large value made of it is not kept for as long as there is a connection.</summary>
    public static ArrayBufferWriter<byte> Emptied(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > 2 * MostBytes)
        {
            return new ArrayBufferWriter<byte>();
        }

        buffer.ResetWrittenCount();
        return buffer;
    }

    /// <summary>Not exact, and never too few.</summary>
    public static int BytesOf(IKvStoreMessage? message) => EntryOverhead + message switch
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

    /// <param name="Bytes">By <see cref="BytesOf"/>.</param>
    public readonly record struct Unsent(KeyBatchEntry Entry, int Bytes);
}
