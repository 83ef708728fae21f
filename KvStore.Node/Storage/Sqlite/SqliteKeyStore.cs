using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Config;
using Microsoft.Extensions.Logging;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// The embedded engine: one file, which several nodes of one machine may share. One thread writes batches, one opens the file and copies the log,
/// one keeps the leases, four read; each has its connection, and <see cref="WriteTurn"/> decides who writes next.
/// </summary>
public sealed partial class SqliteKeyStore : IKeyStore
{
    private const int Readers = 4;

    private static readonly TimeSpan OpenWait = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CountWait = TimeSpan.FromMinutes(1);

    private readonly StorageOptions _options;
    private readonly int _shards;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _path;
    private readonly WriteTurn _turn;
    private readonly ProcessLock _processLock;
    private readonly SqliteThreads<SqliteLeases> _leases;
    private readonly SqliteThreads<SqliteCommits> _writer;
    private readonly SqliteThreads<SqliteFile> _checkpoints;
    private readonly SqliteThreads<SqliteReads> _readers;
    private StoreIdentity? _identity;
    private int _disposed;

    public SqliteKeyStore(StorageOptions options, int shards, TimeProvider time, ILogger<SqliteKeyStore> log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options;
        _shards = shards;
        _time = time;
        _log = log;
        _path = SqliteLocation.Parse(options.ConnectionString);
        _turn = new WriteTurn(_path, time);
        _processLock = new ProcessLock(_path);
        _leases = new(
            "kvstore-sqlite-leases",
            1,
            () => new SqliteLeases(Connect(TimeSpan.Zero), _turn, Identity, options.LockTimeout, RenewalBound),
            time);
        _writer = new("kvstore-sqlite-writer", 1, () => new SqliteCommits(Connect(TimeSpan.Zero), _turn, BatchLockWait, time), time);
        _checkpoints = new("kvstore-sqlite-checkpoint", 1, ConnectFirst, time);
        _readers = new("kvstore-sqlite-reader", Readers, () => new SqliteReads(Connect(options.ReadTimeout)), time);
    }

    private StoreIdentity Identity => _identity ?? throw new InvalidOperationException("The store is used before it was opened.");

    public async Task<StoreIdentity> OpenAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // On the thread that has nothing to do yet: the connections of the others need the tables.
        return _identity = await OpenFileAsync().WaitAsync(cancellation).ConfigureAwait(false);
    }

    public async Task RegisterAsync(NodeRow me, CancellationToken cancellation)
    {
        var locked = await LeaseAsync("register this node", session =>
        {
            var locked = _processLock.Take(me.NodeId);
            session.Register(me);
            return locked;
        }).ConfigureAwait(false);
        if (!locked)
        {
            LogNoProcessLocks(_path);
        }
    }

    public Task<ImmutableArray<NodeRow>> ReadNodesAsync(CancellationToken cancellation) => ReadAsync("read the nodes", session => session.Nodes());

    public async Task<LeaseDirectory?> RenewAsync(string nodeId)
    {
        var directory = await LeaseAsync(
            "renew the lease",
            // An open file that was deleted or moved away takes writes that nobody will ever see again.
            session => File.Exists(_path) ? session.Renew(nodeId) : throw new StoreUnavailableException($"The file '{_path}' is gone."),
            RenewalBound,
            urgent: true).ConfigureAwait(false);
        // What others have left in the log is looked at only here: each look asks the file system.
        CheckpointIf(HasLoggedMuch || IsLogLong);
        return directory;
    }

    public bool IsKnownDead(string nodeId) => _processLock.IsKnownDead(nodeId);

    public Task<ShardHolder> LookAsync(int shard) => ReadAsync("look at a lease", session => session.Look(shard));

    public async Task<AcquireResult> AcquireAsync(AcquireRequest request)
    {
        try
        {
            return await _leases.RunAsync(session => session.Acquire(request), LeaseBound).ConfigureAwait(false);
        }
        catch (SqliteBusy)
        {
            return new AcquireResult.LockTimedOut();
        }
        catch (Exception e) when (e is SqliteFailure or SqliteStillRunning)
        {
            throw Unavailable("acquire a shard", e);
        }
    }

    public Task ReleaseAsync(string nodeId, IReadOnlyCollection<HeldEpoch> shards) =>
        LeaseAsync("release shards", session => session.Release(nodeId, shards));

    public Task AnnounceAsync(string nodeId, string httpAddress) =>
        LeaseAsync("announce this node", session => session.Announce(nodeId, httpAddress));

    public Task UnregisterAsync(string nodeId) => LeaseAsync("unregister this node", session =>
    {
        var removed = session.Unregister(nodeId);
        _processLock.Free(nodeId);
        return removed;
    });

    public Task ForgetNodeAsync(string nodeId, long counter) => LeaseAsync("forget a node", session =>
    {
        if (session.Forget(nodeId, counter))
        {
            _processLock.Forget(nodeId);
        }

        return 0;
    });

    public Task<StoredRow?> LoadAsync(int shard, Key key) => ReadAsync("load a key", session => session.Load(shard, key));

    public async Task<CommitResult> CommitAsync(string nodeId, IReadOnlyList<RowWrite> rows)
    {
        try
        {
            var outcomes = await _writer.RunAsync(session => session.Commit(nodeId, rows), _options.CommitTimeout).ConfigureAwait(false);
            CheckpointIf(HasLoggedMuch);
            return new CommitResult.Committed(outcomes);
        }
        catch (Exception e) when (e is SqliteCommitFailure or SqliteStillRunning)
        {
            return new CommitResult.Unknown(e);
        }
        catch (Exception e) when (e is SqliteBusy or SqliteFailure { IsOfWholeStore: true })
        {
            return new CommitResult.Failed(Unavailable("commit", e));
        }
        catch (Exception e) when (e is SqliteFailure or StoreUnavailableException)
        {
            return new CommitResult.Failed(e);
        }
    }

    public async Task<SettleResult> SettleAsync(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows)
    {
        try
        {
            return await _leases.RunAsync(session => session.Settle(nodeId, shard, epoch, rows), LeaseBound).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteFailure or SqliteStillRunning or SqliteBusy or StoreUnavailableException)
        {
            return new SettleResult.Failed(e);
        }
    }

    public Task<ImmutableArray<ShardPage>> ReadPagesAsync(ListPages request) => ReadAsync("read a page", session => session.Pages(request));

    public Task<ImmutableArray<long>> CountKeysAsync(CancellationToken cancellation) =>
        ReadAsync("count the keys", session => session.Counts(_shards), CountWait, cancellation);

    public Task<ImmutableArray<Tombstone>> FindTombstonesAsync(int shard, TimeSpan age, int limit)
    {
        var notAfter = _time.GetUtcNow() - age;
        return ReadAsync("find tombstones", session => session.Tombstones(shard, notAfter, limit));
    }

    public async Task<int> CollectTombstonesAsync(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones)
    {
        try
        {
            return await _writer.RunAsync(session => session.Collect(nodeId, shard, epoch, tombstones), _options.CommitTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteFailure or SqliteBusy or SqliteStillRunning)
        {
            throw Unavailable("collect tombstones", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            // Waits for the threads' current work, so not on the caller's thread.
            await Task.Factory.StartNew(
                () =>
                {
                    _writer.Dispose();
                    _checkpoints.Dispose();
                    _leases.Dispose();
                    _readers.Dispose();
                    _processLock.Dispose();
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).ConfigureAwait(false);
        }
    }
}
