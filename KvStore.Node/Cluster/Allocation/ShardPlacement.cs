using System.Globalization;
using Akka.Actor;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Diagnostics;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>
/// What the coordinator's node does before it leaves. A region that does not know the home of a shard has to ask the coordinator,
/// and between this one and the next there is a second without any (akka-core #30315). So every region that stays is made to
/// ask now: each gets a read of one key of each shard, which places the shard, acquires it, and changes nothing.
/// </summary>
internal static class ShardPlacement
{
    /// <summary>More than it takes on a busy machine; what is not placed by then waits for the next coordinator.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private const int AtOnceOfEachRegion = 32;

    /// <summary>Ends when every region has its answers, or after <see cref="Limit"/>.</summary>
    public static async Task PlaceAllAsync(ClusterExtension cluster, LeavingMembers leaving, int shards, ILogger log)
    {
        if (cluster.FindOldest()?.UniqueAddress.Equals(cluster.SelfUniqueAddress) != true)
        {
            return;
        }

        var regions = cluster.Staying(leaving)
            .Where(member => !member.UniqueAddress.Equals(cluster.SelfUniqueAddress))
            .Select(member => cluster.System.ActorSelection($"{member.Address}/system/sharding/{KeyRegion.TypeName}")).ToList();
        if (regions.Count == 0)
        {
            return;
        }

        var begun = TimeProvider.System.GetTimestamp();
        using var timeIsUp = new CancellationTokenSource(Limit);
        var keys = OneKeyOfEachShard(shards);
        var answers = await Task.WhenAll(regions.Select(region => AskForAllAsync(region, keys, timeIsUp.Token))).ConfigureAwait(false);
        log.ShardsPlaced(shards, regions.Count, answers.Sum(), TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
    }

    /// <summary>Some key of each shard, whether it exists or not.</summary>
    internal static Key[] OneKeyOfEachShard(int shards)
    {
        var keys = new Key[shards];
        for (var (number, missing) = (0, shards); missing > 0; number++)
        {
            var key = Key.Parse(number.ToString(CultureInfo.InvariantCulture));
            ref var place = ref keys[ShardMap.ShardOf(key, shards)];
            if (place is null)
            {
                place = key;
                missing--;
            }
        }

        return keys;
    }

    /// <returns>How many were answered.</returns>
    private static async Task<int> AskForAllAsync(ActorSelection region, Key[] keys, CancellationToken timeIsUp)
    {
        var answered = 0;
        try
        {
            await Parallel.ForEachAsync(
                keys,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnceOfEachRegion, CancellationToken = timeIsUp },
                async (key, cancelled) =>
                {
                    var context = new RequestContext("placing", Deadline.After(Limit, TimeProvider.System));
                    _ = await region.Ask<KeyReply>(new GetValue(key, Precondition.None, AllowStale: false, context), Limit, cancelled)
                        .ConfigureAwait(false);
                    Interlocked.Increment(ref answered);
                }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException)
        {
            // Placing is a courtesy: the next coordinator does what is left.
        }

        return answered;
    }
}
