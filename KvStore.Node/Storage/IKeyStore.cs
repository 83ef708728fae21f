using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Node.Storage;

/// <summary>
/// The narrow waist between the node and its SQL engine. Every engine passes the same spec class, <c>KeyStoreContract</c>.
/// <para>
/// Errors: <see cref="StoreRefusedException"/> where a setting or the database's own settings are wrong (only from
/// <see cref="OpenAsync"/> and <see cref="RenewAsync"/>); <see cref="StoreUnavailableException"/> where the engine did not
/// answer, in which case a call that changes something may or may not have taken effect. Commit and settle say which of
/// these it is in their results. Every call has a bound on its time (<see cref="StorageOptions"/>).
/// </para>
/// <para>All members may be called from any thread; an engine that blocks does so on threads of its own.</para>
/// </summary>
public interface IKeyStore : IAsyncDisposable
{
    /// <summary>
    /// Creates the schema where there is none, and checks schema version, shard count, hash name and durability. Where it fails, or is
    /// cancelled, the store can only be disposed of.
    /// </summary>
    Task<StoreIdentity> OpenAsync(CancellationToken cancellation);

    // Nodes and leases. The rules are in Ownership/OwnershipActor.cs.

    /// <summary>
    /// Writes this process's row with the counter that it gives: who registers again goes on counting, or a node that slept
    /// meanwhile could take the counter for one that stood still. An embedded engine first takes the lock that the operating
    /// system frees when the process dies.
    /// </summary>
    Task RegisterAsync(NodeRow me, CancellationToken cancellation);

    /// <summary>Rows of all nodes, without a lock. For the start: is a live node of this name there already?</summary>
    Task<ImmutableArray<NodeRow>> ReadNodesAsync(CancellationToken cancellation);

    /// <summary>
    /// One transaction of two statements: raises this node's counter, then reads all leases and nodes. Checks durability
    /// settings again. The order matters: see <c>Ownership</c>, rule 2.
    /// </summary>
    /// <returns>Null where this node's row is gone, so that it holds nothing any more.</returns>
    Task<LeaseDirectory?> RenewAsync(string nodeId);

    /// <summary>
    /// Writes into this node's row that it has become a member of a cluster, and where it serves. Nothing where the row is gone.
    /// </summary>
    Task AnnounceAsync(string nodeId, string httpAddress);

    /// <summary>Whether the operating system proves that this node's process is gone. Always false for a server engine.</summary>
    bool IsKnownDead(string nodeId);

    /// <summary>The shard's lease and its holder's row, without any lock.</summary>
    Task<ShardHolder> LookAsync(int shard);

    /// <summary>
    /// In one transaction with a lock time-out: the shard's exclusive lock, then the node rows of the asking node, which must
    /// exist, and of the holder (shared locks), then in a new statement the comparison with what <paramref name="request"/>
    /// expects; sets the holder and raises the epoch.
    /// Where a takeover is allowed but the lock does not come, ends the backends that hold it.
    /// </summary>
    Task<AcquireResult> AcquireAsync(AcquireRequest request);

    /// <summary>Sets the holder of each shard to none where it is still this node with this very epoch.</summary>
    Task ReleaseAsync(string nodeId, IReadOnlyCollection<HeldEpoch> shards);

    /// <summary>Releases whatever this node holds, removes its row, and frees its process lock.</summary>
    Task UnregisterAsync(string nodeId);

    /// <summary>Removes the row of a dead node, if its counter is still <paramref name="counter"/> and it holds no shard.</summary>
    Task ForgetNodeAsync(string nodeId, long counter);

    // Keys.

    /// <summary>The committed row, a tombstone included, or null.</summary>
    Task<StoredRow?> LoadAsync(int shard, Key key);

    /// <summary>
    /// Writes all rows in one transaction: shared locks of their shards in ascending order; then, in a new statement, each row
    /// whose shard has the row's epoch and this node as its holder, and whose stored version is the expected one (no row: 0).
    /// A row that is refused does not keep its neighbours from being committed. Never cancelled.
    /// </summary>
    /// <param name="rows">At most one a key.</param>
    Task<CommitResult> CommitAsync(string nodeId, IReadOnlyList<RowWrite> rows);

    /// <summary>
    /// Finds out what became of a batch whose outcome is unknown, and makes sure that it cannot take effect any more. One
    /// transaction under the shard's exclusive lock: where the holder is this node and the epoch is <paramref name="epoch"/>,
    /// raises it by one (or finds that an earlier try did); then, in a new statement, reads the rows.
    /// </summary>
    /// <param name="rows">Rows of the batch that belong to <paramref name="shard"/> and <paramref name="epoch"/>.</param>
    Task<SettleResult> SettleAsync(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows);

    /// <summary>Pages of committed keys that have a value. Never reads more than it returns, but for the last row of each shard.</summary>
    Task<ImmutableArray<ShardPage>> ReadPagesAsync(ListPages request);

    /// <summary>How many keys with a value each shard has, by shard number. Costs a scan.</summary>
    Task<ImmutableArray<long>> CountKeysAsync(CancellationToken cancellation);

    /// <summary>Tombstones of one shard that are older than <paramref name="age"/>, oldest first.</summary>
    Task<ImmutableArray<Tombstone>> FindTombstonesAsync(int shard, TimeSpan age, int limit);

    /// <summary>Deletes these tombstones where they are unchanged, in one transaction fenced like a commit.</summary>
    /// <returns>How many were deleted; 0 where the shard is not held with this epoch.</returns>
    Task<int> CollectTombstonesAsync(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones);
}
