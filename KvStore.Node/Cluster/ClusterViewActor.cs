using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster;

/// <summary>
/// Follows the membership: publishes it to the <see cref="ClusterViewHolder"/>, tells the ownership actor when this node is
/// out, and takes the node out where the cluster that it joined has another store.
/// </summary>
public sealed class ClusterViewActor : ReceiveActor, IWithTimers
{
    /// <summary>
    /// The region of this node hears of a removal a moment later than this actor, and until then sends to the node that is gone. So
    /// the view takes such a member for downed for a while longer, and nothing is given to the region that would go there. Ten
    /// times what it mostly takes; were it too short, some requests would wait for a connection that nobody accepts, and then be
    /// sent anew.
    /// </summary>
    private static readonly TimeSpan RegionHasHeard = TimeSpan.FromMilliseconds(150);

    private readonly ClusterExtension _cluster = ClusterExtension.Get(Context.System);
    private readonly ClusterViewHolder _view;
    private readonly IActorRef _ownership;
    private readonly ILogger _log;
    private Membership _membership = Membership.Empty;

    public ClusterViewActor(ClusterViewHolder view, IActorRef ownership, ILogger log)
    {
        (_view, _ownership, _log) = (view, ownership, log);
        Receive<ClusterEvent.IClusterDomainEvent>(OnEvent);
        Receive<Gone>(gone => Publish(_membership.After(gone.Removal)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
        typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void OnEvent(ClusterEvent.IClusterDomainEvent happened)
    {
        if (happened is ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down } removed
            && !removed.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            CloseLinkTo(removed.Member.UniqueAddress);
            if (_membership.Members.Keys.Count(member => member.Address.Equals(removed.Member.Address)) == 1)
            {
                Timers.StartSingleTimer(removed.Member.UniqueAddress, new Gone(removed), RegionHasHeard);
                return;
            }

            // It is back already, and the view tells nodes apart by their addresses.
        }

        Publish(_membership.After(happened));
        if (happened is ClusterEvent.MemberDowned or ClusterEvent.MemberRemoved
            && ((ClusterEvent.IMemberEvent)happened).Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _ownership.Tell(MembershipEnded.Instance);
        }

        if (_membership.Members.TryGetValue(_cluster.SelfUniqueAddress, out var self)
            && StoreRole.FindOlderStranger(self, _membership.Members.Values) is { } stranger)
        {
            _log.AnotherStore(stranger.Address.ToString());
            Environment.ExitCode = AnotherStore.Instance.ExitCode;
            CoordinatedShutdown.Get(Context.System).Run(AnotherStore.Instance);
        }
    }

    private void Publish(Membership membership)
    {
        _membership = membership;
        _view.MembersChanged(membership);
    }

    /// <summary>
    /// Akka does the same, at some time after this event; till then messages go on into a connection that swallows them. Done
    /// before the view tells of the loss, it is done for every request that begins after: what the region still sends there
    /// is not sent on the old connection, and a new one is refused or not made in its time. Then it is a dead letter, and so
    /// refused (<see cref="UndeliveredRequests"/>) and sent anew.
    /// </summary>
    private static void CloseLinkTo(UniqueAddress gone)
    {
        if (((ExtendedActorSystem)Context.System).Provider is IRemoteActorRefProvider remote)
        {
            remote.Quarantine(gone.Address, gone.Uid);
        }
    }

    private sealed record Gone(ClusterEvent.MemberRemoved Removal) : INoSerializationVerificationNeeded;

    private sealed class AnotherStore : CoordinatedShutdown.Reason
    {
        public static readonly AnotherStore Instance = new();

        public override int ExitCode => 1;
    }
}
