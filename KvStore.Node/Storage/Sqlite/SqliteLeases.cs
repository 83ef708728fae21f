using System.Collections.Immutable;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// The lease statements on a connection of their own, so that a renewal does not stand behind a queue of batches. Each method
/// is one transaction.
/// </summary>
internal sealed class SqliteLeases(SqliteFile file, WriteTurn turn, StoreIdentity identity, TimeSpan wait, TimeSpan renewalBound) : IDisposable
{
    private readonly SqliteStatement _register = file.Prepare("insert into node values (?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly SqliteStatement _renew = file.Prepare("update node set counter = counter + 1 where node_id = ?1");
    private readonly SqliteStatement _announce = file.Prepare("update node set http_address = ?2 where node_id = ?1");
    private readonly SqliteStatement _leases = file.Prepare("select shard, epoch, holder from shard_lease order by shard");
    private readonly SqliteStatement _nodes = file.Prepare(SqliteReads.NodesSql);
    private readonly SqliteStatement _look = file.Prepare(SqliteReads.LookSql);
    private readonly SqliteStatement _exists = file.Prepare("select 1 from node where node_id = ?1");
    private readonly SqliteStatement _acquire = file.Prepare("update shard_lease set holder = ?2, epoch = epoch + 1 where shard = ?1");
    private readonly SqliteStatement _release = file.Prepare(
        "update shard_lease set holder = null where shard = ?1 and epoch = ?2 and holder = ?3");

    private readonly SqliteStatement _releaseAll = file.Prepare("update shard_lease set holder = null where holder = ?1");
    private readonly SqliteStatement _unregister = file.Prepare("delete from node where node_id = ?1");
    private readonly SqliteStatement _forget = file.Prepare(
        "delete from node where node_id = ?1 and counter = ?2 and not exists (select 1 from shard_lease where holder = ?1)");

    private readonly SqliteStatement _raise = file.Prepare(
        "update shard_lease set epoch = epoch + 1 where shard = ?1 and holder = ?2 and epoch = ?3");

    private readonly SqliteStatement _version = file.Prepare("select version from kv where shard = ?1 and key = ?2");

    public int Register(NodeRow me) => Write(() => _register
        .Bind(1, me.NodeId).Bind(2, me.Name).Bind(3, me.AkkaAddress).Bind(4, me.HttpAddress)
        .Bind(5, me.Counter).Bind(6, (long)me.Ttl.TotalMilliseconds).Execute());

    public LeaseDirectory? Renew(string nodeId) => Write<LeaseDirectory?>(wait < renewalBound ? wait : renewalBound, () =>
    {
        if (_renew.Bind(1, nodeId).Execute() == 0)
        {
            return null;
        }

        var nodes = SqliteReads.ReadNodes(_nodes);
        var leases = ImmutableArray.CreateBuilder<LeaseRow>(identity.Shards);
        using var rows = _leases.Rows();
        while (rows.Next())
        {
            leases.Add(SqliteReads.Lease(rows));
        }

        // A file has one history: it is replaced only together with its store id.
        return new LeaseDirectory(
            nodes.Single(node => node.NodeId == nodeId).Counter, leases.DrainToImmutable(), nodes, identity.StoreId.ToString("N"));
    });

    public AcquireResult Acquire(AcquireRequest request) => Write<AcquireResult>(() =>
    {
        var found = SqliteReads.Look(_look, request.Shard);
        if (!Allows(request, found) || !IsRegistered(request.NodeId))
        {
            return new AcquireResult.Refused(found);
        }

        _acquire.Bind(1, request.Shard).Bind(2, request.NodeId).Execute();
        return new AcquireResult.Acquired(found.Lease.Epoch + 1);
    });

    public int Release(string nodeId, IReadOnlyCollection<HeldEpoch> shards) => Write(
        () => shards.Sum(held => _release.Bind(1, held.Shard).Bind(2, held.Epoch).Bind(3, nodeId).Execute()));

    public int Announce(string nodeId, string httpAddress) => Write(() => _announce.Bind(1, nodeId).Bind(2, httpAddress).Execute());

    public int Unregister(string nodeId) => Write(() =>
    {
        _releaseAll.Bind(1, nodeId).Execute();
        return _unregister.Bind(1, nodeId).Execute();
    });

    public bool Forget(string nodeId, long counter) => Write(() => _forget.Bind(1, nodeId).Bind(2, counter).Execute() > 0);

    /// <summary>Raises the epoch from that of the lost batch by one, once, and then reads what became of its rows.</summary>
    public SettleResult Settle(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows) => Write<SettleResult>(() =>
    {
        _raise.Bind(1, shard).Bind(2, nodeId).Bind(3, epoch).Execute();
        var lease = SqliteReads.Look(_look, shard).Lease;
        return lease.Holder == nodeId && lease.Epoch == epoch + 1
            ? new SettleResult.Settled(lease.Epoch, [.. rows.Select(row => Settlement.Judge(row, VersionOf(row)))])
            : new SettleResult.Lost();
    });

    public void Dispose() => file.Dispose();

    private static bool Allows(AcquireRequest request, ShardHolder found) =>
        found.Lease.Holder is null
        || found.Lease.Holder == request.NodeId
        || (found.Lease.Holder == request.Holder && (found.Node?.Counter ?? -1) == request.HolderCounter);

    private bool IsRegistered(string nodeId)
    {
        using var rows = _exists.Bind(1, nodeId).Rows();
        return rows.Next();
    }

    private long? VersionOf(RowWrite row)
    {
        using var rows = _version.Bind(1, row.Shard).Bind(2, row.Key.Text).Rows();
        return rows.Next() ? rows.Number(0) : null;
    }

    private T Write<T>(Func<T> work) => Write(wait, work);

    private T Write<T>(TimeSpan wait, Func<T> work) => file.Write(turn, urgent: true, wait, work);
}
