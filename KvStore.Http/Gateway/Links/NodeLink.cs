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
/// <para>
/// What waits to be sent has no bound of its own: of requests there are at most <see cref="NodeLinks.MostWaiting"/>, and of answers
/// as many as the other end has requests. An end that takes nothing any more is given up (<see cref="LinkSockets"/>).
/// </para>
/// </summary>
/// <param name="stream">Is closed with the link.</param>
/// <param name="peer">Who is at the other end, for the log.</param>
internal sealed class NodeLink(Stream stream, BatchFrames frames, string peer, ILogger log) : IThreadPoolWorkItem
{
    private const int ReceiveBytes = 64 * 1024;

    /// <summary>
    /// After so many portions in a row that were there already the thread is left: it may be one that hears of all sockets, and a node
    /// that has always something to say would keep it for itself.
    /// </summary>
    private const int MostInARow = 16;

    private readonly ConcurrentQueue<KeyBatchEntry> _unsent = new();
    private ArrayBufferWriter<byte> _buffer = new();
    private int _isSending;
    private volatile string? _end;

    public string Peer => peer;

    /// <summary>
    /// False once the link is closed: then it was certainly not sent. What is still unsent when the link closes comes out of
    /// <see cref="RunAsync"/>, but for what another thread gives at that very moment.
    /// </summary>
    public bool TrySend(long id, IKvStoreMessage? message)
    {
        if (_end is not null)
        {
            return false;
        }

        _unsent.Enqueue(new KeyBatchEntry(id, message));
        if (TryBeginToSend())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    /// <summary>An answer that is there at once: it is sent when all that was received with its request has been looked at.</summary>
    public void Answer(long id, KeyReply? reply) => _unsent.Enqueue(new KeyBatchEntry(id, reply));

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
        while (_unsent.TryDequeue(out var entry))
        {
            unsent.Add(entry);
        }

        return unsent.DrainToImmutable();
    }

    /// <param name="why">For the log; who closes first has the word.</param>
    public void Close(string why)
    {
        Interlocked.CompareExchange(ref _end, why, null);
        stream.Dispose();
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

    private bool TryBeginToSend() => Interlocked.Exchange(ref _isSending, 1) == 0;

    /// <summary>One at a time: by who set the mark, which is left where it is once nothing can be sent any more.</summary>
    private async Task SendAllAsync()
    {
        do
        {
            while (LinkBatch.TryTake(_unsent) is { } batch)
            {
                frames.Write(batch, _buffer);
                await stream.WriteAsync(_buffer.WrittenMemory).ConfigureAwait(false);
                _buffer = LinkBatch.Emptied(_buffer);
            }

            // Who came between the last look and this line has seen that somebody sends. A full fence: the look that follows must
            // not be taken before others can see this.
            Interlocked.Exchange(ref _isSending, 0);
        }
        while (!_unsent.IsEmpty && TryBeginToSend());
    }

    private async Task ReceiveAsync(Action<KeyBatchEntry> received)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReceiveBytes, leaveOpen: true));
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
            if (!_unsent.IsEmpty && TryBeginToSend())
            {
                _ = UntilItBreaks(SendAllAsync);
            }

            if (inARow >= MostInARow)
            {
                inARow = 0;
                await Task.Yield();
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
