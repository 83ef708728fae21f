using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using KvStore.Messages.Keys;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;

namespace KvStore.Node.Storage;

/// <summary>
/// Step 7 of a request's path: the one writer of a node. What queued up while the last transaction ran goes into the next one (group commit), so that
/// the cost of a sync is shared by all that came meanwhile; <see cref="RowGathering"/> says when it waits for more.
/// <para>
/// The writer owns a row from <see cref="TryEnqueue"/> until it tells the row's fate: it has at most one row a key, no actor
/// loads a key that has one here (<see cref="WhenFree"/>), and its shard is not released (<see cref="RowsOf"/>). That holds
/// also while a row is being settled and when the actor that sent it is long gone.
/// </para>
/// <para><c>GroupCommitWriter.Settling.cs</c> is what happens when the outcome of a transaction is unknown.</para>
/// </summary>
public sealed partial class GroupCommitWriter : IAsyncDisposable
{
    private readonly Channel<PendingRow> _queue = Channel.CreateUnbounded<PendingRow>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<Key, PendingRow> _rows = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly IKeyStore _store;
    private readonly LeaseTable _leases;
    private readonly StorageOptions _options;
    private readonly ILogger _log;
    private readonly string _nodeId;
    private readonly int[] _rowsOfShard;
    private readonly RowGathering _gathering;
    private readonly Task _loop;
    private volatile MoreRows? _more;
    private PendingRow? _tooLargeForLast;
    private int _queuedRows;
    private long _queuedBytes;
    private long _commits;

    public GroupCommitWriter(IKeyStore store, LeaseTable leases, string nodeId, StorageOptions options, ILogger log)
        : this(store, leases, nodeId, options, log, RowGathering.DefaultMost)
    {
    }

    internal GroupCommitWriter(IKeyStore store, LeaseTable leases, string nodeId, StorageOptions options, ILogger log, TimeSpan mostGathering)
    {
        ArgumentNullException.ThrowIfNull(leases);
        (_store, _leases, _nodeId, _options, _log) = (store, leases, nodeId, options, log);
        _rowsOfShard = new int[leases.Shards];
        _gathering = new RowGathering(options.MaxBatchRows, mostGathering);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Rows whose fate is not told yet.</summary>
    public int QueuedRows => Volatile.Read(ref _queuedRows);

    /// <summary>Bytes of values in those rows.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>Transactions that were committed since the start.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    public int RowsOf(int shard) => Volatile.Read(ref _rowsOfShard[shard]);

    public bool HasRow(Key key) => _rows.ContainsKey(key);

    /// <summary>Completes when no row of this key is under way.</summary>
    public Task WhenFree(Key key) => _rows.TryGetValue(key, out var row) ? row.WhenDone() : Task.CompletedTask;

    /// <summary>Takes a row, or returns false where the queue is full: then nothing happens to it.</summary>
    /// <exception cref="InvalidOperationException">A row of this key is under way: a bug of the caller.</exception>
    public bool TryEnqueue(PendingRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        // Both are counted before either is judged: a refused row gives both back.
        var rows = Interlocked.Increment(ref _queuedRows);
        var bytesBefore = Interlocked.Add(ref _queuedBytes, row.Bytes) - row.Bytes;
        if (rows > _options.MaxQueuedRows || bytesBefore > _options.MaxQueuedBytes)
        {
            Forget(row);
            return false;
        }

        if (!_rows.TryAdd(row.Write.Key, row))
        {
            Forget(row);
            throw new InvalidOperationException($"A row of key '{row.Write.Key}' is under way already.");
        }

        Interlocked.Increment(ref _rowsOfShard[row.Write.Shard]);

        if (!_queue.Writer.TryWrite(row))
        {
            Finish(row, RowFate.Rejected, new StoreUnavailableException("The node is shutting down."));
        }
        else if (_more is { } more && rows >= more.Wanted)
        {
            more.Came.TrySetResult();
        }

        return true;
    }

    /// <summary>Takes no more rows, ends those that are queued, gives up on a settle that goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<PendingRow>();
        var ended = Stopwatch.GetTimestamp();
        while (_tooLargeForLast is not null || await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (_tooLargeForLast is null && QueuedBytes < _options.MaxBatchBytes
                && _gathering.Wanted(QueuedRows, Stopwatch.GetElapsedTime(ended)) is { } wanted)
            {
                await GatherAsync(wanted).ConfigureAwait(false);
            }

            TakeBatch(batch);
            try
            {
                await CommitAsync(batch).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                // A store that throws where it should answer leaves the outcome open, and that is what settling is for.
                _log.WriterFault(fault);
                await SettleAsync(batch, fault).ConfigureAwait(false);
            }

            ended = Stopwatch.GetTimestamp();
        }
    }

    private async Task GatherAsync(int wanted)
    {
        var more = new MoreRows(wanted);
        _more = more;
        // The row that makes it enough is counted before its sender looks for who waits, so one of the two sees the other.
        Interlocked.MemoryBarrier();
        if (QueuedRows < wanted)
        {
            await Task.WhenAny(more.Came.Task, Task.Delay(_gathering.Most, _stopping.Token)).ConfigureAwait(false);
            if (!more.Came.Task.IsCompleted)
            {
                _gathering.EndedInVain(QueuedRows);
            }
        }

        _more = null;
    }

    private void TakeBatch(List<PendingRow> batch)
    {
        batch.Clear();
        long bytes = 0;
        while (batch.Count < _options.MaxBatchRows)
        {
            var row = _tooLargeForLast;
            if (row is null && !_queue.Reader.TryRead(out row))
            {
                return;
            }

            _tooLargeForLast = null;
            if (batch.Count > 0 && bytes + row.Bytes > _options.MaxBatchBytes)
            {
                _tooLargeForLast = row;
                return;
            }

            bytes += row.Bytes;
            batch.Add(row);
        }
    }

    private async Task CommitAsync(IReadOnlyList<PendingRow> rows)
    {
        if (_stopping.IsCancellationRequested)
        {
            Reject(rows, new StoreUnavailableException("The node is shutting down."));
            return;
        }

        var result = await _store.CommitAsync(_nodeId, WritesOf(rows)).ConfigureAwait(false);
        _gathering.Ended(rows.Count, QueuedRows);
        switch (result)
        {
            case CommitResult.Committed committed:
                Interlocked.Increment(ref _commits);
                for (var i = 0; i < rows.Count; i++)
                {
                    Finish(rows[i], FateOf(rows[i].Write, committed.Rows[i]));
                }

                break;

            case CommitResult.Failed { Cause: var cause } when rows.Count == 1 || cause is StoreUnavailableException:
                _log.RowsRejected(rows.Count, rows[0].Write.Key.Text, cause);
                Reject(rows, cause);
                break;

            case CommitResult.Failed:
                // One bad row must not fail its neighbours: halve until it stands alone.
                await CommitAsync([.. rows.Take(rows.Count / 2)]).ConfigureAwait(false);
                await CommitAsync([.. rows.Skip(rows.Count / 2)]).ConfigureAwait(false);
                break;

            case CommitResult.Unknown unknown:
                _log.OutcomeUnknown(rows.Count, unknown.Cause);
                await SettleAsync(rows, unknown.Cause).ConfigureAwait(false);
                break;
        }
    }

    private static RowWrite[] WritesOf(IReadOnlyList<PendingRow> rows)
    {
        var writes = new RowWrite[rows.Count];
        for (var i = 0; i < writes.Length; i++)
        {
            writes[i] = rows[i].Write;
        }

        return writes;
    }

    private RowFate FateOf(RowWrite write, RowOutcome outcome)
    {
        if (outcome == RowOutcome.Fenced)
        {
            // A fenced epoch never becomes valid again. Kept in the table, the key would be loaded and written under it anew,
            // and fenced again, until the next renewal.
            _leases.Fenced(write.Shard, write.Epoch);
        }

        return outcome == RowOutcome.Applied ? RowFate.Applied : RowFate.Superseded;
    }

    private void Reject(IReadOnlyList<PendingRow> rows, Exception cause)
    {
        foreach (var row in rows)
        {
            Finish(row, RowFate.Rejected, cause);
        }
    }

    private void Finish(PendingRow row, RowFate fate, Exception? cause = null)
    {
        _rows.TryRemove(KeyValuePair.Create(row.Write.Key, row));
        Interlocked.Decrement(ref _rowsOfShard[row.Write.Shard]);
        Forget(row);
        row.Complete(fate, cause);
    }

    private void Forget(PendingRow row)
    {
        Interlocked.Decrement(ref _queuedRows);
        Interlocked.Add(ref _queuedBytes, -row.Bytes);
    }

    private sealed record MoreRows(int Wanted)
    {
        /// <summary>Not on the thread of who sends the row.</summary>
        public TaskCompletionSource Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
