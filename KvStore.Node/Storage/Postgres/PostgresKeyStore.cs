using System.Collections.Immutable;
using System.Net.Sockets;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Config;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// The engine for more than one machine. One connection carries the batches and one the renewals, so that neither waits for
/// anything else; a few carry the other lease transactions; reads have a pool.
/// </summary>
public sealed partial class PostgresKeyStore : IKeyStore
{
    private const int LeaseSessions = 3;

    private static readonly TimeSpan OpenWait = TimeSpan.FromSeconds(15);

    private readonly StorageOptions _options;
    private readonly int _shards;
    private readonly ILogger _log;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlDataSource _unpooled;
    private readonly PostgresSession _renewals;
    private readonly PostgresSession[] _others;
    private readonly PostgresReadPool _pool;
    private readonly TimeProvider _time;
    private PostgresReads? _reads;
    private NpgsqlDataSource? _batches;
    private PostgresSession? _writer;
    private PostgresLeases? _leases;
    private PostgresCommits? _commits;
    private uint _turn;
    private int _renewalsInVain;

    public PostgresKeyStore(StorageOptions options, int shards, TimeProvider time, ILogger<PostgresKeyStore> log)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _shards = shards;
        _log = log;
        _settings = PostgresServers.Parse(options.ConnectionString);
        _unpooled = PostgresServers.Unpooled(_settings, options.CommitTimeout, OpenWait);
        _pool = PostgresServers.ReadPool(_settings, options.ReadTimeout, time);
        _time = time;
        _renewals = new PostgresSession(_unpooled, "renewals", new AbandonedConnections(), time);
        var abandoned = new AbandonedConnections();
        _others = [.. Enumerable.Range(1, LeaseSessions).Select(number => new PostgresSession(_unpooled, $"leases ({number})", abandoned, time))];
    }

    private PostgresLeases Leases => _leases ?? throw NotOpened();

    private PostgresReads Reads => _reads ?? throw NotOpened();

    private PostgresCommits Commits => _commits ?? throw NotOpened();

    private PostgresSession Writer => _writer ?? throw NotOpened();

    /// <summary>The wait for the shard's lock, then for a row's, then for the answer.</summary>
    private TimeSpan LeaseBound => _options.LockTimeout * 3;

    /// <summary>One that hangs must leave time for another before the lease runs out.</summary>
    private TimeSpan RenewalBound => LeaseBound < _options.LeaseTtl / 3 ? LeaseBound : _options.LeaseTtl / 3;

    public async Task<StoreIdentity> OpenAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(OpenWait);
        try
        {
            await using var first = PostgresServers.Unpooled(_settings, OpenWait, OpenWait);
            await using var connection = await first.OpenConnectionAsync(patience.Token).ConfigureAwait(false);
            await PostgresServers.InspectAsync(connection, patience.Token).ConfigureAwait(false);
            var identity = await PostgresSchema.OpenAsync(connection, _shards, patience.Token).ConfigureAwait(false);
            await DemandDurabilityAsync(connection).ConfigureAwait(false);
            var locks = new ShardLocks(identity.StoreId);
            var renewalLockTimeout = _options.LockTimeout < RenewalBound ? _options.LockTimeout : RenewalBound;
            _leases = new PostgresLeases(locks, _options.LockTimeout, renewalLockTimeout, _options.AllowUnsafeServerSettings);
            _commits = new PostgresCommits(locks, _options.LockTimeout);
            var isDirect = await PostgresServers.IsDirectAsync(connection, patience.Token).ConfigureAwait(false);
            _reads = new PostgresReads(_pool, _options.ReadTimeout, prepares: isDirect);
            _batches = PostgresServers.Unpooled(_settings, _options.CommitTimeout, OpenWait, prepares: isDirect);
            _writer = new PostgresSession(_batches, "batches", new AbandonedConnections(), _time);
            return identity;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested
            && e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException or StoreUnavailableException)
        {
            throw PostgresServers.Refusal(_settings, e);
        }
    }

    public Task RegisterAsync(NodeRow me, CancellationToken cancellation) =>
        LeaseAsync("register this node", connection => Leases.RegisterAsync(connection, me));

    public Task<ImmutableArray<NodeRow>> ReadNodesAsync(CancellationToken cancellation) =>
        ReadAsync("read the nodes", () => Reads.NodesAsync(cancellation));

    public async Task<LeaseDirectory?> RenewAsync(string nodeId)
    {
        // After two in vain the lease is as good as lost. A server that is slow, and not gone, gets the time that it needs then;
        // what takes longer than the TTL would be worth nothing.
        var bound = _renewalsInVain < 2 ? RenewalBound : _options.LeaseTtl;
        _renewalsInVain++;
        var directory = await RunAsync(_renewals, "renew the lease", connection => Leases.RenewAsync(connection, nodeId), bound)
            .ConfigureAwait(false);
        _renewalsInVain = 0;
        return directory;
    }

    public bool IsKnownDead(string nodeId) => false;

    public Task<ShardHolder> LookAsync(int shard) => ReadAsync("look at a lease", () => Reads.LookAsync(shard));

    public async Task<AcquireResult> AcquireAsync(AcquireRequest request)
    {
        var session = NextSession();
        try
        {
            return await session.RunAsync(connection => Leases.AcquireAsync(connection, request), LeaseBound).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await BreakLockAsync(session, request.Shard, connection => Leases.BreakLockAsync(connection, request)).ConfigureAwait(false);
            return new AcquireResult.LockTimedOut();
        }
        catch (Exception e) when (IsOfStore(e))
        {
            throw Unavailable("acquire a shard", e);
        }
    }

    public Task ReleaseAsync(string nodeId, IReadOnlyCollection<HeldEpoch> shards) =>
        LeaseAsync("release shards", connection => Leases.ReleaseAsync(connection, nodeId, shards));

    public Task AnnounceAsync(string nodeId, string httpAddress) =>
        LeaseAsync("announce this node", connection => Leases.AnnounceAsync(connection, nodeId, httpAddress));

    public Task UnregisterAsync(string nodeId) =>
        LeaseAsync("unregister this node", connection => Leases.UnregisterAsync(connection, nodeId));

    public Task ForgetNodeAsync(string nodeId, long counter) =>
        LeaseAsync("forget a node", connection => Leases.ForgetAsync(connection, nodeId, counter));

    public Task<StoredRow?> LoadAsync(int shard, Key key) => ReadAsync("load a key", () => Reads.LoadAsync(shard, key));

    public async Task<CommitResult> CommitAsync(string nodeId, IReadOnlyList<RowWrite> rows)
    {
        if (rows.Count == 0)
        {
            return new CommitResult.Committed([]);
        }

        try
        {
            return new CommitResult.Committed(
                await Writer.RunAsync(connection => Commits.CommitAsync(connection, nodeId, rows), _options.CommitTimeout).ConfigureAwait(false));
        }
        catch (Exception e) when (IsOfStore(e))
        {
            return PostgresCommits.Outcome(e);
        }
    }

    public async Task<SettleResult> SettleAsync(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows)
    {
        var session = NextSession();
        try
        {
            return await session.RunAsync(connection => Leases.SettleAsync(connection, nodeId, shard, epoch, rows), LeaseBound).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await BreakLockAsync(session, shard, connection => Leases.BreakLockAsync(connection, nodeId, shard)).ConfigureAwait(false);
            return new SettleResult.Failed(e);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            return new SettleResult.Failed(e);
        }
    }

    public Task<ImmutableArray<ShardPage>> ReadPagesAsync(ListPages request) => ReadAsync("read a page", () => Reads.PagesAsync(request));

    public Task<ImmutableArray<long>> CountKeysAsync(CancellationToken cancellation) =>
        ReadAsync("count the keys", () => Reads.CountsAsync(_shards, cancellation));

    public Task<ImmutableArray<Tombstone>> FindTombstonesAsync(int shard, TimeSpan age, int limit) =>
        ReadAsync("find tombstones", () => Reads.TombstonesAsync(shard, age, limit));

    public Task<int> CollectTombstonesAsync(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones) =>
        LeaseAsync("collect tombstones", connection => Commits.CollectAsync(connection, nodeId, shard, epoch, tombstones));

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _others.Append(_renewals))
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }

        await (_writer?.DisposeAsync() ?? default).ConfigureAwait(false);
        await (_batches?.DisposeAsync() ?? default).ConfigureAwait(false);

        await _pool.DisposeAsync().ConfigureAwait(false);
        await _unpooled.DisposeAsync().ConfigureAwait(false);
    }

    private static InvalidOperationException NotOpened() => new("The store is used before it was opened.");
}
