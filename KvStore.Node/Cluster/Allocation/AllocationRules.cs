using System.Collections.Immutable;
using Akka.Actor;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>Pure: which shards of leaving members move next, and where a shard may go.</summary>
internal static class AllocationRules
{
    /// <summary>
    /// Shards that are on the move at the same time, at most. The coordinator writes down each step of each of them, one after
    /// the other, some milliseconds each; whoever wants a shard that was taken away waits for the steps of all others.
    /// </summary>
    public const int AtOnce = 4;

    /// <summary>The next shards to take from leaving members; none where nobody stays.</summary>
    public static ImmutableHashSet<string> NextToMove(
        IImmutableDictionary<IActorRef, IImmutableList<string>> regions, IImmutableSet<string> moving, Func<IActorRef, bool> isLeaving) =>
        regions.Keys.All(isLeaving)
            ? []
            : [.. regions.Where(region => isLeaving(region.Key)).SelectMany(region => region.Value)
                .Where(shard => !moving.Contains(shard)).Take(Math.Max(0, AtOnce - moving.Count))];

    /// <summary>The regions that may get a shard: those that stay, or all where nobody does.</summary>
    public static IImmutableDictionary<IActorRef, IImmutableList<string>> Candidates(
        IImmutableDictionary<IActorRef, IImmutableList<string>> regions, Func<IActorRef, bool> isLeaving)
    {
        var staying = regions.Where(region => !isLeaving(region.Key)).ToImmutableDictionary();
        return staying.IsEmpty ? regions : staying;
    }
}
