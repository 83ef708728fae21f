using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Runtime.Serialization;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// One connection to another node: requests go one way, their answers the other. Nothing waits on purpose: the first entry has a
/// batch sent as soon as a thread is free, and what comes until then goes along. Safe for all threads.
/// </summary>
/// <param name="stream">Is closed with the link.</param>
/// <param name="peer">Who is at the other end, for the log.</param>
/// <param name="isWanted">Asked of an entry's number before it is sent; who asked may have gone while it waited. Null: all are.</param>
internal sealed class NodeLink(Stream stream, BatchFrames frames, string peer, ILogger log, Func<long, bool>? isWanted = null) : IThreadPoolWorkItem
{
    /// <summary>
    /// Bytes that may wait to be sent, and one entry more. Beyond this no request is taken, and of the other end's none is read: so it
    /// is slowed down before what it asks for fills the memory. Only answers of requests that were read before come on top.
    /// </summary>
    public const int MostUnsentBytes = 64 * 1024 * 1024;

    private const int ReceiveBytes = 64 * 1024;

    /// <summary>
    /// After so many portions or batches in a row that were there already the thread is left: it may be one that hears of all sockets,
    /// and a node that has always something to say would keep it for itself.
    /// </summary>
    private const int MostInARow = 16;

    private readonly ConcurrentQueue<LinkBatch.Unsent> _unsent = new();
    private ArrayBufferWriter<byte> _buffer = new();
    private long _unsentBytes;
    private int _isSending;
    private TaskCompletionSource? _room;
    private volatile string? _end;

    public string Peer => peer;

    private bool IsFull => Interlocked.Read(ref _unsentBytes) > MostUnsentBytes;

    /// <summary>
    /// False where the link is closed or full, or the request too long for it: then it was certainly not sent. What is still unsent when
    /// the link closes comes out of <see cref="RunAsync"/>, but for what another thread gives at that very moment.
    /// </summary>
    public bool TryAsk(long id, IKeyMessage request)
    {
        var bytes = LinkBatch.BytesOf(request);
        if (bytes > frames.MaxBytes || IsFull || !TryQueue(id, request, bytes))
        {
            return false;
        }

        BeginToSend();
        return true;
    }

    /// <summary>Where the link is closed by now, who asked has been told that it broke.</summary>
    /// <param name="reply">Null: the key's shard is not here, and nothing was done.</param>
    /// <param name="isMoreToCome">It is sent when all that was received with its request has been looked at.</param>
    public void Answer(long id, KeyReply? reply, bool isMoreToCome)
    {
        var bytes = LinkBatch.BytesOf(reply);
        if (bytes > frames.MaxBytes)
        {
            log.AnswerTooLong(peer, bytes);
        }
        else if (TryQueue(id, reply, bytes) && !isMoreToCome)
        {
            BeginToSend();
        }
    }

    /// <summary>
    /// Sends and receives until the connection breaks, or <see cref="Close"/>. Never fails; gives what was certainly not sent.
    /// </summary>
    /// <param name="received">Gets each entry. Must be short, and not block: it may run on a thread that other sockets wait for.</param>
    public async Task<ImmutableArray<KeyBatchEntry>> RunAsync(Action<KeyBatchEntry> received)
    {
        await UntilItBreaks(() => ReceiveAsync(received)).ConfigureAwait(false);
        Close("the other end closed it");
        log.LinkEnded(peer, _end);
        var unsent = ImmutableArray.CreateBuilder<KeyBatchEntry>();
        while (_unsent.TryDequeue(out var left))
        {
            unsent.Add(left.Entry);
        }

        return unsent.DrainToImmutable();
    }

    /// <param name="why">For the log; who closes first has the word.</param>
    public void Close(string why)
    {
        Interlocked.CompareExchange(ref _end, why, null);
        stream.Dispose();
        Interlocked.Exchange(ref _room, null)?.TrySetResult();
    }

    void IThreadPoolWorkItem.Execute() => _ = UntilItBreaks(SendAllAsync);

    /// <summary>Neither direction is of use without the other.</summary>
    private async Task UntilItBreaks(Func<Task> direction)
    {
        try
        {
            await direction().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or SerializationException)
        {
            Close(fault.Message);
        }
        catch (Exception fault)
        {
            log.LinkFaulted(fault, peer);
            Close("a bug");
        }
    }

    private bool TryQueue(long id, IKvStoreMessage? message, int bytes)
    {
        if (_end is not null)
        {
            return false;
        }

        Interlocked.Add(ref _unsentBytes, bytes);
        _unsent.Enqueue(new(new KeyBatchEntry(id, message), bytes));
        return true;
    }

    private void BeginToSend()
    {
        if (TryTakeTurn())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryTakeTurn() => Interlocked.Exchange(ref _isSending, 1) == 0;

    /// <summary>One at a time: by who took the turn, which is left taken once nothing can be sent any more.</summary>
    private async Task SendAllAsync()
    {
        var inARow = 0;
        do
        {
            while (LinkBatch.TryTake(_unsent, isWanted, out var taken) is { } batch)
            {
                if (!batch.Entries.IsEmpty)
                {
                    frames.Write(batch, _buffer);
                    var writing = stream.WriteAsync(_buffer.WrittenMemory);
                    inARow = writing.IsCompleted ? inARow + 1 : 0;
                    await writing.ConfigureAwait(false);
                    _buffer = LinkBatch.Emptied(_buffer);
                }

                Interlocked.Add(ref _unsentBytes, -taken);
                if (!IsFull)
                {
                    Interlocked.Exchange(ref _room, null)?.TrySetResult();
                }

                if (inARow >= MostInARow)
                {
                    inARow = 0;
                    await Task.Yield();
                }
            }

            // Who came between the last look and this line has seen that somebody sends. A full fence: the look that follows must
            // not be taken before others can see this.
            Interlocked.Exchange(ref _isSending, 0);
        }
        while (!_unsent.IsEmpty && TryTakeTurn());
    }

    private async Task ReceiveAsync(Action<KeyBatchEntry> received)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReceiveBytes, leaveOpen: true));
        try
        {
            await ReceiveAsync(reader, received).ConfigureAwait(false);
        }
        finally
        {
            // Gives its buffers back.
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(PipeReader reader, Action<KeyBatchEntry> received)
    {
        var inARow = 0;
        while (true)
        {
            var reading = reader.ReadAsync();
            inARow = reading.IsCompleted ? inARow + 1 : 0;
            var portion = await reading.ConfigureAwait(false);
            var bytes = portion.Buffer;
            while (frames.TryRead(ref bytes) is { } batch)
            {
                Receive(batch, received);
            }

            if (portion.IsCompleted)
            {
                return;
            }

            reader.AdvanceTo(bytes.Start, bytes.End);
            if (!_unsent.IsEmpty && TryTakeTurn())
            {
                _ = UntilItBreaks(SendAllAsync);
            }

            await RoomAsync().ConfigureAwait(false);
            if (inARow >= MostInARow)
            {
                inARow = 0;
                await Task.Yield();
            }
        }
    }

    /// <summary>Waits until there is room for answers.</summary>
    private async ValueTask RoomAsync()
    {
        while (IsFull && _end is null)
        {
            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _room, room);
            // Who made room, or closed, before it could be seen has not ended it.
            if (IsFull && _end is null)
            {
                await room.Task.ConfigureAwait(false);
            }
        }
    }

    private void Receive(KeyBatch batch, Action<KeyBatchEntry> received)
    {
        foreach (var fault in batch.Faults)
        {
            log.BatchEntryUnread(peer, fault);
        }

        foreach (var entry in batch.Entries)
        {
            received(entry);
        }
    }
}
