using Akka.Actor;
using KvStore.Node.Diagnostics;
using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <content>What the store's row of this node says, and what happens when the store knows it no more.</content>
public sealed partial class OwnershipActor
{
    private bool _isAnnouncing;

    /// <summary>
    /// Somebody removed this node's row, taking it for dead: nothing that it held counts any more. It goes on counting from
    /// where it was, since a node that slept meanwhile may remember one of its counters as one that stood still.
    /// </summary>
    private void RegisterAgain()
    {
        _node.Log.RowGone();
        DropAll();
        _isRenewing = true;
        RegisterAsync(_node, (_directory?.MyCounter ?? 0) + 1).PipeTo(Self);
    }

    /// <summary>
    /// A node that starts beside a cluster in which it finds nobody must know that there is one (<see cref="Cluster.SeedDecision"/>),
    /// also while that cluster holds no shard. What fails is tried again after the next renewal.
    /// </summary>
    private void AnnounceIfMember(LeaseDirectory directory)
    {
        var me = directory.Nodes.FirstOrDefault(node => node.NodeId == _node.Self.NodeId);
        if (me is { IsMember: false } && !_isAnnouncing && _node.IsMember())
        {
            _isAnnouncing = true;
            AnnounceAsync(_node).PipeTo(Self);
        }
    }

    private static async Task<Announced> AnnounceAsync(OwnershipContext node)
    {
        try
        {
            await node.Store.AnnounceAsync(node.Self.NodeId, node.Self.HttpAddress).ConfigureAwait(false);
            return new Announced(null);
        }
        catch (Exception fault)
        {
            return new Announced(fault);
        }
    }

    private void OnAnnounced(Announced announced)
    {
        _isAnnouncing = false;
        if (announced.Fault is { } fault)
        {
            _node.Log.AnnouncementFailed(fault);
        }
    }

    private static async Task<Registered> RegisterAsync(OwnershipContext node, long counter)
    {
        try
        {
            var address = node.IsMember() ? node.Self.HttpAddress : "";
            await node.Store.RegisterAsync(node.Self with { Counter = counter, HttpAddress = address }, CancellationToken.None).ConfigureAwait(false);
            return new Registered(null);
        }
        catch (Exception fault)
        {
            return new Registered(fault);
        }
    }

    private void OnRegistered(Registered registered)
    {
        _isRenewing = false;
        if (registered.Fault is { } fault)
        {
            _node.Log.RenewalFailed(isValid: false, fault);
            AnswerRenewalWaiters();
            ScheduleRenewal(soon: true);
        }
        else if (_hasEnded)
        {
            // It left while this was under way: then it takes its row back.
            GiveUpAsync(_node).PipeTo(Self, success: () => RenewalDone.Instance, failure: _ => RenewalDone.Instance);
        }
        else
        {
            Renew();
        }
    }

    private sealed record Announced(Exception? Fault) : INoSerializationVerificationNeeded;

    private sealed record Registered(Exception? Fault) : INoSerializationVerificationNeeded;
}
