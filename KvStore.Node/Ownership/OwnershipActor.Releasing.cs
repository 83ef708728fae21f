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
    /// Shards without a live key for a third of the TTL. The delay keeps a shard whose only keys come and go from being released
    /// and acquired at each request.
    /// </summary>
    private void ReleaseLongUnused()
    {
        var now = _node.Clock.GetTimestamp();
        for (var shard = 0; shard < _node.Leases.Shards; shard++)
        {
            if (_node.Leases.EpochOf(shard) is null || !IsUnused(shard))
            {
                _unusedSince.Remove(shard);
            }
            else
            {
                _unusedSince.TryAdd(shard, now);
            }
        }

        ReleaseIfUnused([.. _unusedSince.Where(unused => now - unused.Value >= Ticks(Ttl / 3)).Select(unused => unused.Key)]);
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

    /// <summary>
    /// Downed or removed. Nothing is shown any more, so the shards can go back at once where the store can be reached: else
    /// those who stay would have to wait for the TTL. Late commits are fenced like those of any former holder.
    /// </summary>
    private void OnMembershipEnded()
    {
        if (!_hasEnded)
        {
            EndMembership();
            _ = GiveUpAsync(_node);
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
