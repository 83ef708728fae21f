using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Keys;
using KvStore.Node.Ownership;

namespace KvStore.Node.Storage;

/// <summary>
/// Removes tombstones that are older than <see cref="StorageOptions.TombstoneAge"/>, on the node that holds their shard, as
/// a fenced transaction. A key that lives here, or has a row under way, is left for the next round: its actor goes by the
/// tombstone's version.
/// </summary>
public sealed class TombstoneCollector(
    IKeyStore store, LeaseTable leases, LiveKeys liveKeys, GroupCommitWriter writer, string nodeId, StorageOptions options,
    TimeProvider time, ILogger<TombstoneCollector> log) : BackgroundService
{
    private const int MaxTombstonesPerTransaction = 500;

    /// <summary>A tombstone outlives its age by this at most, but for shards that nobody holds.</summary>
    public static TimeSpan IntervalFor(TimeSpan age)
    {
        var share = age / 24;
        return share < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : share > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : share;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(IntervalFor(options.TombstoneAge), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await CollectAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node shuts down.
        }
    }

    private async Task CollectAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var shard = 0; shard < leases.Shards && !stoppingToken.IsCancellationRequested; shard++)
            {
                await CollectAsync(shard).ConfigureAwait(false);
            }
        }
        catch (Exception fault)
        {
            // Whatever it was, the next round is soon enough; a host would stop the node over it.
            log.TombstonesNotCollected(fault);
        }
    }

    private async Task CollectAsync(int shard)
    {
        // One transaction a shard and round: what is left comes next time, and commits never wait long behind this.
        if (leases.EpochOf(shard) is not { } epoch)
        {
            return;
        }

        var old = await store.FindTombstonesAsync(shard, options.TombstoneAge, MaxTombstonesPerTransaction).ConfigureAwait(false);
        var idle = old.Where(tombstone => !liveKeys.Contains(tombstone.Key) && !writer.HasRow(tombstone.Key)).ToList();
        if (idle.Count > 0)
        {
            var count = await store.CollectTombstonesAsync(nodeId, shard, epoch, idle).ConfigureAwait(false);
            log.TombstonesCollected(count, shard);
        }
    }
}
