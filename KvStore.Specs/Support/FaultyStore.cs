using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;

namespace KvStore.Specs.Support;

/// <summary>A real store whose calls a spec can hold up, count or break. What is not broken goes through.</summary>
internal sealed class FaultyStore(IKeyStore real) : IKeyStore
{
    /// <summary>Stands in the place of a commit; gets the real one.</summary>
    public Func<IReadOnlyList<RowWrite>, Func<Task<CommitResult>>, Task<CommitResult>>? OnCommit { get; set; }

    /// <summary>Runs before a load.</summary>
    public Func<Task>? OnLoad { get; set; }

    /// <summary>Runs after a load, before its answer.</summary>
    public Func<Task>? OnLoaded { get; set; }

    /// <summary>Runs before an acquisition.</summary>
    public Func<Task>? OnAcquire { get; set; }

    /// <summary>Runs after an acquisition, before its answer.</summary>
    public Func<Task>? OnAcquired { get; set; }

    /// <summary>Runs before a release.</summary>
    public Func<Task>? OnRelease { get; set; }

    /// <summary>Runs before a renewal.</summary>
    public Func<Task>? OnRenew { get; set; }

    /// <summary>Stands in the place of a count of a store with one shard.</summary>
    public Func<Task<long>>? OnCount { get; set; }

    /// <summary>Runs before a settle.</summary>
    public Func<Task>? OnSettle { get; set; }

    public int Loads { get; private set; }

    public Task<StoreIdentity> OpenAsync(CancellationToken cancellation) => real.OpenAsync(cancellation);

    public Task RegisterAsync(NodeRow me, CancellationToken cancellation) => real.RegisterAsync(me, cancellation);

    public Task<ImmutableArray<NodeRow>> ReadNodesAsync(CancellationToken cancellation) => real.ReadNodesAsync(cancellation);

    public async Task<LeaseDirectory?> RenewAsync(string nodeId)
    {
        await (OnRenew?.Invoke() ?? Task.CompletedTask);
        return await real.RenewAsync(nodeId);
    }

    public bool IsKnownDead(string nodeId) => real.IsKnownDead(nodeId);

    public Task<ShardHolder> LookAsync(int shard) => real.LookAsync(shard);

    public async Task<AcquireResult> AcquireAsync(AcquireRequest request)
    {
        await (OnAcquire?.Invoke() ?? Task.CompletedTask);
        var result = await real.AcquireAsync(request);
        await (OnAcquired?.Invoke() ?? Task.CompletedTask);
        return result;
    }

    public async Task ReleaseAsync(string nodeId, IReadOnlyCollection<HeldEpoch> shards)
    {
        await (OnRelease?.Invoke() ?? Task.CompletedTask);
        await real.ReleaseAsync(nodeId, shards);
    }

    public Task AnnounceAsync(string nodeId, string httpAddress) => real.AnnounceAsync(nodeId, httpAddress);

    public Task UnregisterAsync(string nodeId) => real.UnregisterAsync(nodeId);

    public Task ForgetNodeAsync(string nodeId, long counter) => real.ForgetNodeAsync(nodeId, counter);

    public async Task<StoredRow?> LoadAsync(int shard, Key key)
    {
        Loads++;
        await (OnLoad?.Invoke() ?? Task.CompletedTask);
        var row = await real.LoadAsync(shard, key);
        await (OnLoaded?.Invoke() ?? Task.CompletedTask);
        return row;
    }

    public Task<CommitResult> CommitAsync(string nodeId, IReadOnlyList<RowWrite> rows) =>
        OnCommit?.Invoke(rows, () => real.CommitAsync(nodeId, rows)) ?? real.CommitAsync(nodeId, rows);

    public async Task<SettleResult> SettleAsync(string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows)
    {
        await (OnSettle?.Invoke() ?? Task.CompletedTask);
        return await real.SettleAsync(nodeId, shard, epoch, rows);
    }

    public Task<ImmutableArray<ShardPage>> ReadPagesAsync(ListPages request) => real.ReadPagesAsync(request);

    public async Task<ImmutableArray<long>> CountKeysAsync(CancellationToken cancellation) =>
        OnCount is { } count ? [await count()] : await real.CountKeysAsync(cancellation);

    public Task<ImmutableArray<Tombstone>> FindTombstonesAsync(int shard, TimeSpan age, int limit) => real.FindTombstonesAsync(shard, age, limit);

    public Task<int> CollectTombstonesAsync(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones) =>
        real.CollectTombstonesAsync(nodeId, shard, epoch, tombstones);

    public ValueTask DisposeAsync() => real.DisposeAsync();
}
