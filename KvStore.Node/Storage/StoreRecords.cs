using System.Collections.Immutable;
using KvStore.Messages.Keys;

namespace KvStore.Node.Storage;

/// <summary>What the store was created with. Nodes of one cluster have one store.</summary>
public sealed record StoreIdentity(Guid StoreId, int SchemaVersion, int Shards, string HashName)
{
    public const int CurrentSchemaVersion = 1;
}

/// <summary>A process that is or was a node.</summary>
/// <param name="NodeId">Made anew at each start of a process.</param>
/// <param name="HttpAddress">Where it serves; empty as long as it is no member of a cluster, see <see cref="IsMember"/>.</param>
/// <param name="Counter">Rises at each renewal, and never falls. Nobody compares clocks: a node that sees it stand still for long enough knows.</param>
/// <param name="Ttl">For how long after a renewal the node may believe in its leases.</param>
public sealed record NodeRow(string NodeId, string Name, string AkkaAddress, string HttpAddress, long Counter, TimeSpan Ttl)
{
    /// <summary>Whether it has become a member of a cluster: there is one then, also while nobody in it holds a shard.</summary>
    public bool IsMember => HttpAddress.Length > 0;
}

/// <param name="Holder">A node id, or null.</param>
public sealed record LeaseRow(int Shard, long Epoch, string? Holder);

/// <param name="MyCounter">This node's counter after the renewal.</param>
/// <param name="Incarnation">
/// Changes when the database was replaced by another history (PostgreSQL: its timeline). Then nothing that was read or held
/// before may be trusted.
/// </param>
public sealed record LeaseDirectory(long MyCounter, ImmutableArray<LeaseRow> Leases, ImmutableArray<NodeRow> Nodes, string Incarnation);

/// <param name="Node">The holder's row; null where there is no holder, or it has no row.</param>
public sealed record ShardHolder(LeaseRow Lease, NodeRow? Node);

/// <summary>What an acquisition expects to find.</summary>
/// <param name="Holder">The holder that was seen, or null. The asking node itself may always acquire anew.</param>
/// <param name="HolderCounter">The holder's counter that stood still, −1 where the holder has no row; ignored where nobody else holds the shard.</param>
public sealed record AcquireRequest(int Shard, string NodeId, string? Holder, long HolderCounter);

public abstract record AcquireResult
{
    private AcquireResult()
    {
    }

    /// <summary>This node holds the shard with this epoch.</summary>
    public sealed record Acquired(long Epoch) : AcquireResult;

    /// <summary>The holder or its counter is not the expected one.</summary>
    public sealed record Refused(ShardHolder Found) : AcquireResult;

    /// <summary>The lock did not come in time. Whoever held it was ended where that was possible; try again.</summary>
    public sealed record LockTimedOut : AcquireResult;
}

public readonly record struct HeldEpoch(int Shard, long Epoch);

/// <summary>A row as it is stored.</summary>
/// <param name="Value">Null: a tombstone.</param>
public sealed record StoredRow(KeyVersion Version, JsonText? Value);

/// <summary>One row of a group commit.</summary>
/// <param name="Epoch">The epoch that the key's cell was loaded under.</param>
/// <param name="Expected">The version that the store has, 0 where it has no row.</param>
/// <param name="Version">The version to write; above <paramref name="Expected"/> by the number of writes that the row stands for.</param>
/// <param name="Value">Null: a tombstone.</param>
public readonly record struct RowWrite(Key Key, int Shard, long Epoch, KeyVersion Expected, KeyVersion Version, JsonText? Value);

public enum RowOutcome
{
    /// <summary>Written and synced.</summary>
    Applied,

    /// <summary>The stored version is not the expected one. Not written.</summary>
    Conflict,

    /// <summary>The shard is not held by this node with the row's epoch. Not written.</summary>
    Fenced,
}

public abstract record CommitResult
{
    private CommitResult()
    {
    }

    /// <summary>The transaction is committed and synced.</summary>
    /// <param name="Rows">One outcome a row, in the order of the batch.</param>
    public sealed record Committed(ImmutableArray<RowOutcome> Rows) : CommitResult;

    /// <summary>Nothing was written and nothing will be.</summary>
    /// <param name="Cause">
    /// <see cref="StoreUnavailableException"/> where the engine was not there for any row; anything else may be one row's fault.
    /// </param>
    public sealed record Failed(Exception Cause) : CommitResult;

    /// <summary>It may be committed now, later or never.</summary>
    public sealed record Unknown(Exception Cause) : CommitResult;
}

public enum SettledRow
{
    Applied,
    NotApplied,
    Unknown,
}

public abstract record SettleResult
{
    private SettleResult()
    {
    }

    /// <summary>The batch cannot take effect any more.</summary>
    /// <param name="Epoch">The shard's epoch on this node from now on.</param>
    /// <param name="Rows">One verdict a row, in their order.</param>
    public sealed record Settled(long Epoch, ImmutableArray<SettledRow> Rows) : SettleResult;

    /// <summary>The shard has another holder, or went further: the batch is fenced, and its outcome stays unknown.</summary>
    public sealed record Lost : SettleResult;

    /// <summary>The store did not answer, or the lock did not come: try again.</summary>
    public sealed record Failed(Exception Cause) : SettleResult;
}

public sealed record Tombstone(Key Key, KeyVersion Version);
