using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using KvStore.Messages.Protocol;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster;

/// <summary>Follows the membership: publishes it to the <see cref="ClusterViewHolder"/>, and tells the ownership actor when this node is out.</summary>
public sealed class ClusterViewActor : ReceiveActor
{
    private readonly ClusterExtension _cluster = ClusterExtension.Get(Context.System);
    private readonly ClusterViewHolder _view;
    private readonly IActorRef _ownership;
    private readonly ILogger _log;

    public ClusterViewActor(ClusterViewHolder view, IActorRef ownership, ILogger log)
    {
        (_view, _ownership, _log) = (view, ownership, log);
        Receive<ClusterEvent.MemberDowned>(downed => OnOut(downed.Member));
        Receive<ClusterEvent.MemberRemoved>(removed => OnOut(removed.Member));
        Receive<ClusterEvent.IClusterDomainEvent>(_ => Publish());
    }

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
        typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void OnOut(Member member)
    {
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _ownership.Tell(MembershipEnded.Instance);
        }

        Publish();
    }

    private void Publish()
    {
        var state = _cluster.State;
        if (StoreRole.FindOlderStranger(_cluster.SelfMember, state.Members) is { } stranger)
        {
            _log.AnotherStore(stranger.Address.ToString());
            CoordinatedShutdown.Get(Context.System).Run(AnotherStore.Instance);
            return;
        }

        _view.MembersChanged(
        [
            .. state.Members.Select(member => new MemberView(
                null, member.Address.ToString(), null, member.Status.ToString(), [.. member.Roles.Order(StringComparer.Ordinal)],
                !state.Unreachable.Contains(member))),
        ]);
    }

    private sealed class AnotherStore : CoordinatedShutdown.Reason
    {
        public static readonly AnotherStore Instance = new();

        public override int ExitCode => 1;
    }
}
