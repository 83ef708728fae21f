using Akka.Actor;
using KvStore.Messages.Protocol;
using KvStore.Node.Diagnostics;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>
/// What a node does first when it leaves in good order: it has its shards moved away a few at a time
/// (<see cref="ShardAllocation"/>), and serves the rest meanwhile. What is left in the end Akka hands off all at once.
/// </summary>
internal static class ShardDrain
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Without any shard moved for so long it is given up: the coordinator is about to change, or cannot.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(0.5);

    /// <summary>The coordinated shutdown goes on after this.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    public static async Task RunAsync(ClusterExtension cluster, ILogger log)
    {
        var time = TimeProvider.System;
        var begun = time.GetTimestamp();
        var (left, lastMove) = (int.MaxValue, begun);
        while (left > 0 && time.GetElapsedTime(lastMove) < Patience && time.GetElapsedTime(begun) < Limit && cluster.FindOldest() is { } oldest)
        {
            if (await AskAsync(cluster.System.ActorSelection($"{oldest.Address}/user/{ShardMoves.Name}")).ConfigureAwait(false) is { } now && now < left)
            {
                (left, lastMove) = (now, time.GetTimestamp());
            }

            if (left > 0)
            {
                await Task.Delay(Pause).ConfigureAwait(false);
            }
        }

        log.ShardsMovedAway(left == int.MaxValue ? null : left, time.GetElapsedTime(begun).TotalMilliseconds);
    }

    private static async Task<int?> AskAsync(ActorSelection moves)
    {
        try
        {
            return (await moves.Ask<ShardsLeft>(MoveMyShards.Instance, AnswerLimit).ConfigureAwait(false)).Count;
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
