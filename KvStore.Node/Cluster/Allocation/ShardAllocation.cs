using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>
/// Akka's least-shard strategy, and before it the shards of members that are about to leave. Akka by itself takes all shards
/// of a leaving member away at once, and gives them back one after the other.
/// </summary>
internal sealed class ShardAllocation(LeavingMembers leaving) : IActorSystemDependentAllocationStrategy
{
    private readonly IShardAllocationStrategy _leastShards = ShardAllocationStrategy.LeastShardAllocationStrategy(AllocationRules.AtOnce, relativeLimit: 1);
    private Address? _self;

    public void Start(ActorSystem system)
    {
        _self = ClusterExtension.Get(system).SelfAddress;
        ((IActorSystemDependentAllocationStrategy)_leastShards).Start(system);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        _leastShards.AllocateShard(requester, shardId, AllocationRules.Candidates(currentShardAllocations, IsLeaving));

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        var isAnyLeaving = false;
        foreach (var (region, shards) in currentShardAllocations.Where(region => IsLeaving(region.Key)))
        {
            isAnyLeaving = true;
            leaving.Counted(AddressOf(region), shards.Count);
        }

        return isAnyLeaving
            ? Task.FromResult<IImmutableSet<string>>(AllocationRules.NextToMove(currentShardAllocations, rebalanceInProgress, IsLeaving))
            : _leastShards.Rebalance(currentShardAllocations, rebalanceInProgress);
    }

    private bool IsLeaving(IActorRef region) => leaving.Contains(AddressOf(region));

    private Address AddressOf(IActorRef region) => region.Path.Address.HasLocalScope ? _self! : region.Path.Address;
}
