using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;

namespace KvStore.Bench.Micro;

/// <summary>A store whose commits are done at once, so that only the writer itself is measured. It knows nothing else.</summary>
internal sealed class InstantStore : IKeyStore
{
    public Task<CommitResult> CommitAsync(string nodeId, IReadOnlyList<RowWrite> rows) =>
        Task.FromResult<CommitResult>(new CommitResult.Committed([.. Enumerable.Repeat(RowOutcome.Applied, rows.Count)]));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<StoreIdentity> OpenAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task RegisterAsync(NodeRow me, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<NodeRow>> ReadNodesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<LeaseDirectory?> RenewAsync(string nodeId) => throw new NotSupportedException();

    public bool IsKnownDead(string nodeId) => throw new NotSupportedException();

    public Task<ShardHolder> LookAsync(int shard) => throw new NotSupportedException();

    public Task<AcquireResult> AcquireAsync(AcquireRequest request) => throw new NotSupportedException();

    public Task ReleaseAsync(string nodeId, IReadOnlyCollection<HeldEpoch> shards) => throw new NotSupportedException();

    public Task AnnounceAsync(string nodeId, string httpAddress) => throw new NotSupportedException();

    public Task UnregisterAsync(string nodeId) => throw new NotSupportedException();

    public Task ForgetNodeAsync(string nodeId, long counter) => throw new NotSupportedException();

    public Task<StoredRow?> LoadAsync(int shard, Key key) => throw new NotSupportedException();

    public Task<SettleResult> SettleAsync(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows) => throw new NotSupportedException();

    public Task<ImmutableArray<ShardPage>> ReadPagesAsync(ListPages request) => throw new NotSupportedException();

    public Task<ImmutableArray<long>> CountKeysAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<Tombstone>> FindTombstonesAsync(int shard, TimeSpan age, int limit) => throw new NotSupportedException();

    public Task<int> CollectTombstonesAsync(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones) =>
        throw new NotSupportedException();
}
