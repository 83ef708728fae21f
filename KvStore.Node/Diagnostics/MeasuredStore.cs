using System.Collections.Immutable;
using System.Diagnostics;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;

namespace KvStore.Node.Diagnostics;

/// <summary>Times and counts what the node asks of its store. It changes nothing, and throws what the store throws.</summary>
internal sealed class MeasuredStore(IKeyStore store, NodeMetrics metrics) : IKeyStore
{
    private const string Failed = NodeMetrics.Failed;

    public Task<StoreIdentity> OpenAsync(CancellationToken cancellation) => store.OpenAsync(cancellation);

    public Task RegisterAsync(NodeRow me, CancellationToken cancellation) => store.RegisterAsync(me, cancellation);

    public Task<ImmutableArray<NodeRow>> ReadNodesAsync(CancellationToken cancellation) => store.ReadNodesAsync(cancellation);

    public bool IsKnownDead(string nodeId) => store.IsKnownDead(nodeId);

    public Task<ShardHolder> LookAsync(int shard) => store.LookAsync(shard);

    public Task AnnounceAsync(string nodeId, string httpAddress) => store.AnnounceAsync(nodeId, httpAddress);

    public Task UnregisterAsync(string nodeId) => store.UnregisterAsync(nodeId);

    public Task ForgetNodeAsync(string nodeId, long counter) => store.ForgetNodeAsync(nodeId, counter);

    public Task<ImmutableArray<ShardPage>> ReadPagesAsync(ListPages request) => store.ReadPagesAsync(request);

    public Task<ImmutableArray<long>> CountKeysAsync(CancellationToken cancellation) => store.CountKeysAsync(cancellation);

    public Task<ImmutableArray<Tombstone>> FindTombstonesAsync(int shard, TimeSpan age, int limit) =>
        store.FindTombstonesAsync(shard, age, limit);

    public Task<int> CollectTombstonesAsync(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones) =>
        store.CollectTombstonesAsync(nodeId, shard, epoch, tombstones);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    public async Task<LeaseDirectory?> RenewAsync(string nodeId)
    {
        var begun = Stopwatch.GetTimestamp();
        var outcome = Failed;
        try
        {
            var directory = await store.RenewAsync(nodeId).ConfigureAwait(false);
            outcome = directory is null ? "row_gone" : "renewed";
            return directory;
        }
        finally
        {
            metrics.RenewalEnded(outcome, Stopwatch.GetElapsedTime(begun));
        }
    }

    public async Task<AcquireResult> AcquireAsync(AcquireRequest request)
    {
        var result = await store.AcquireAsync(request).ConfigureAwait(false);
        if (result is AcquireResult.Acquired)
        {
            metrics.Acquired(
                request.Holder is null ? NodeMetrics.FromNobody
                : request.Holder == request.NodeId ? NodeMetrics.FromSelf
                : NodeMetrics.FromOther);
            metrics.EpochRaised();
        }

        return result;
    }

    public async Task ReleaseAsync(string nodeId, IReadOnlyCollection<HeldEpoch> shards)
    {
        await store.ReleaseAsync(nodeId, shards).ConfigureAwait(false);
        metrics.Released(shards.Count);
    }

    public async Task<StoredRow?> LoadAsync(int shard, Key key)
    {
        var begun = Stopwatch.GetTimestamp();
        var outcome = Failed;
        try
        {
            var row = await store.LoadAsync(shard, key).ConfigureAwait(false);
            outcome = "loaded";
            return row;
        }
        finally
        {
            metrics.Loaded(outcome, Stopwatch.GetElapsedTime(begun));
        }
    }

    public async Task<CommitResult> CommitAsync(string nodeId, IReadOnlyList<RowWrite> rows)
    {
        var begun = Stopwatch.GetTimestamp();
        var outcome = Failed;
        try
        {
            var result = await store.CommitAsync(nodeId, rows).ConfigureAwait(false);
            outcome = result switch
            {
                CommitResult.Committed => "committed",
                CommitResult.Unknown => "unknown",
                _ => Failed,
            };
            return result;
        }
        finally
        {
            metrics.Committed(outcome, rows.Count, Stopwatch.GetElapsedTime(begun));
        }
    }

    public async Task<SettleResult> SettleAsync(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows)
    {
        var outcome = Failed;
        try
        {
            var result = await store.SettleAsync(nodeId, shard, epoch, rows).ConfigureAwait(false);
            (outcome, var isRaised) = result switch
            {
                SettleResult.Settled => (NodeMetrics.Settled, true),
                SettleResult.Lost => (NodeMetrics.Lost, false),
                _ => (Failed, false),
            };
            if (isRaised)
            {
                metrics.EpochRaised();
            }

            return result;
        }
        finally
        {
            metrics.SettleEnded(outcome);
        }
    }
}
