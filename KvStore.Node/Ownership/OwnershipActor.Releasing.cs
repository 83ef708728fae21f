using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using KvStore.Node.Diagnostics;
using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <content>Rule 5: what is not used is given back, so that a graceful move need not wait for the TTL.</content>
public sealed partial class OwnershipActor
{
    private bool IsUnused(int shard) => _node.LiveKeys.CountOf(shard) == 0 && _node.Writer.RowsOf(shard) == 0;

    private void ReleaseIfUnused(IEnumerable<int> shards)
    {
        var released = new List<HeldEpoch>();
        foreach (var shard in shards)
        {
            // Out of the table first: what is loaded from now on cannot be shown under the epoch that is given back.
            if (IsUnused(shard) && _node.Leases.EpochOf(shard) is { } epoch && _node.Leases.Drop(shard, epoch))
            {
                released.Add(new HeldEpoch(shard, epoch));
            }
        }

        Release(released);
    }

    /// <summary>
    /// Shards without a live key since the renewal before this one. The delay keeps a shard whose only keys come and go from
    /// being released and acquired at each request.
    /// </summary>
    private void ReleaseLongUnused()
    {
        var unused = Enumerable.Range(0, _node.Leases.Shards)
            .Where(shard => _node.Leases.EpochOf(shard) is not null && IsUnused(shard)).ToHashSet();
        var longUnused = unused.Where(_unusedAtLastRenewal.Contains).ToList();
        _unusedAtLastRenewal.Clear();
        _unusedAtLastRenewal.UnionWith(unused.Except(longUnused));
        ReleaseIfUnused(longUnused);
    }

    /// <summary>
    /// Shards that the store lists for this node and the table does not hold: the answer of an acquisition or a release was
    /// lost. Kept, they would be lost for everybody, as this node goes on renewing.
    /// </summary>
    private void ReleaseStrangers(ImmutableArray<HeldEpoch> strangers) => Release(
        [.. strangers.Where(stranger => !_attempts.ContainsKey(stranger.Shard) && _node.Writer.RowsOf(stranger.Shard) == 0)]);

    private void Release(IReadOnlyCollection<HeldEpoch> shards)
    {
        if (shards.Count == 0)
        {
            return;
        }

        _node.Log.Releasing(shards.Count);
        var self = Self;
        _ = ReleaseAsync(_node, shards).ContinueWith(
            ended => self.Tell(new ReleaseFailed(ended.Exception!.GetBaseException())), TaskContinuationOptions.OnlyOnFaulted);
    }

    private static Task ReleaseAsync(OwnershipContext node, IReadOnlyCollection<HeldEpoch> shards) =>
        node.Store.ReleaseAsync(node.Self.NodeId, shards);

    /// <summary>Rows of processes that are gone would pile up with each restart.</summary>
    private void ForgetDeadNodes(LeaseDirectory directory)
    {
        var holders = directory.Leases.Select(lease => lease.Holder).ToHashSet();
        foreach (var node in directory.Nodes.Where(node => node.NodeId != _node.Self.NodeId && !holders.Contains(node.NodeId)))
        {
            // Long after any lease of it can be believed in: a node that only paused registers anew when it wakes up.
            if (_takeover.HasStoodStill(node.NodeId, node.Ttl * 10) || _node.Store.IsKnownDead(node.NodeId))
            {
                _node.Log.ForgettingNode(node.Name, node.NodeId);
                _ = _node.Store.ForgetNodeAsync(node.NodeId, node.Counter).ContinueWith(
                    static (ended, log) => ((ILogger)log!).ReleaseFailed(ended.Exception!.GetBaseException()),
                    _node.Log, TaskContinuationOptions.OnlyOnFaulted);
            }
        }
    }

    private void GiveUp(IActorRef asker)
    {
        EndMembership();
        GiveUpAsync(_node).PipeTo(asker, Self, success: () => Done.Instance, failure: _ => Done.Instance);
    }

    private static async Task GiveUpAsync(OwnershipContext node)
    {
        try
        {
            await node.Store.UnregisterAsync(node.Self.NodeId).ConfigureAwait(false);
            node.Log.LeftStore();
        }
        catch (Exception fault)
        {
            node.Log.ReleaseFailed(fault);
        }
    }

    private sealed record ReleaseFailed(Exception Cause) : INoSerializationVerificationNeeded;
}
