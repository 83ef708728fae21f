using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using KvStore.Node.Diagnostics;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Downing;

/// <summary>
/// Applies <see cref="DowningRules"/> to what this node sees. Runs on every node, not on a leader: the rules come to the same
/// end everywhere, and to down a member twice is to down it once. A node that takes itself out ends its process, as the
/// orchestrator's restart is the way back into the cluster.
/// </summary>
internal sealed class StoreDowningActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>After a longer gap between two ticks this process was starved, and what it did not hear may wait in its own queue.</summary>
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(500);

    /// <summary>Links that come and go would put the decision off for ever; after this many times the quiet that is wanted it is taken.</summary>
    private const int MostQuietsWaited = 4;

    /// <summary>Two clusters on one store, or two nodes of one name, are believed in after this. Longer than any move of a member from one to the other.</summary>
    private static readonly TimeSpan RivalsFor = TimeSpan.FromSeconds(10);

    private readonly ClusterExtension _cluster;
    private readonly NodeWitness _witness;
    private readonly ILogger _log;
    private readonly Stopclock _quiet;
    private readonly Stopclock _troubled;
    private readonly Stopclock _rivalled;
    private readonly Stopclock _doubled;
    private readonly TimeSpan _stableAfter;
    private Membership _membership = Membership.Empty;
    private ImmutableArray<LostLink> _lost = [];
    private string _seen = "";
    private TimeSpan _tickedAt;

    public StoreDowningActor(ClusterExtension cluster, NodeWitness witness, TimeSpan stableAfter, ILogger log)
    {
        (_cluster, _witness, _stableAfter, _log) = (cluster, witness, stableAfter, log);
        var time = cluster.System.Scheduler;
        (_quiet, _troubled, _rivalled, _doubled) = (new Stopclock(time), new Stopclock(time), new Stopclock(time), new Stopclock(time));
        Receive<ClusterEvent.IClusterDomainEvent>(OnEvent);
        Receive<ThisActorSystemQuarantinedEvent>(OnQuarantined);
        Receive<Tick>(_ => OnTick());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IClusterDomainEvent));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, Interval);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    private void OnEvent(ClusterEvent.IClusterDomainEvent happened)
    {
        _membership = _membership.After(happened);
        if (LostLinks.IsChange(happened))
        {
            _lost = LostLinks.Of(happened);
        }
    }

    /// <summary>The other side of a partition downed this node while it could not hear of it. Nothing mends that but a new start.</summary>
    private void OnQuarantined(ThisActorSystemQuarantinedEvent happened)
    {
        if (_membership.Members.Values.Any(member => member.Address.Equals(happened.RemoteAddress) && member.Status != MemberStatus.Down))
        {
            _log.DownedByOthers(happened.RemoteAddress.ToString());
            _cluster.Down(_cluster.SelfAddress);
        }
    }

    private void OnTick()
    {
        var now = _cluster.System.Scheduler.MonotonicClock;
        var wasStarved = now - _tickedAt > LongestTick;
        _tickedAt = now;
        if (wasStarved)
        {
            _quiet.Reset();
            _troubled.Reset();
            return;
        }

        var members = Members();
        var self = _cluster.SelfAddress.ToString();
        if (members.All(member => member.Address != self))
        {
            // Not in yet, or out already.
            return;
        }

        foreach (var dead in DowningRules.FindDead(members, _lost).Where(address => address != self))
        {
            _log.DowningDead(dead);
            Down(dead);
        }

        DownCutOff(members, self);
        GiveWayToRivals();
        GiveWayToNamesake();
    }

    private void DownCutOff(ImmutableArray<Peer> members, string self)
    {
        var unjudged = members.Where(member => !DowningRules.IsDead(member)).ToList();
        var cutOff = DowningRules.FindCutOff(unjudged, _lost);
        // What counts is whether the verdict stays the same: that more and more members notice the same loss, some of them half a
        // second after the others, does not change it.
        var seen = string.Join(' ', cutOff.Order(StringComparer.Ordinal).Append("of").Concat(members.Select(member => member.Address)));
        if (cutOff.IsEmpty || members.Any(member => member.Testimony == Testimony.Unknown))
        {
            _quiet.Reset();
            _troubled.Reset();
            _seen = seen;
            return;
        }

        if (seen != _seen)
        {
            _seen = seen;
            _quiet.Reset();
        }

        if (!_quiet.Passed(_stableAfter) && !_troubled.Passed(_stableAfter * MostQuietsWaited))
        {
            return;
        }

        if (cutOff.Contains(self))
        {
            // The others may have lost this node for another reason than it lost them, so it does not judge them as well.
            _log.CutOff(cutOff.Count, members.Length);
            Down(self);
            return;
        }

        foreach (var address in cutOff)
        {
            _log.DowningCutOff(address, cutOff.Count, members.Length);
            Down(address);
        }
    }

    private void GiveWayToRivals()
    {
        var addresses = _membership.Members.Values.Select(member => member.Address.ToString()).ToHashSet();
        var serving = _witness.FindServing().ToLookup(node => addresses.Contains(node.AkkaAddress), node => node.NodeId);
        if (!serving[false].Any())
        {
            _rivalled.Reset();
        }
        else if (_rivalled.Passed(RivalsFor) && DowningRules.MustGiveWay([.. serving[true]], [.. serving[false]]))
        {
            _log.GivingWay(serving[true].Count(), serving[false].Count());
            Down(_cluster.SelfAddress.ToString());
        }
    }

    /// <summary>
    /// A node whose namesake stood still at its start may start; the namesake may only have been slow or paused. If it lives it is
    /// mostly taken out of the cluster by then, and ends. If not, answers and listings name one node and mean two.
    /// </summary>
    private void GiveWayToNamesake()
    {
        if (_witness.FindElderNamesake() is not { } namesake)
        {
            _doubled.Reset();
        }
        else if (_doubled.Passed(RivalsFor))
        {
            _log.GivingWayToNamesake(namesake.Name, namesake.AkkaAddress);
            Down(_cluster.SelfAddress.ToString());
        }
    }

    private ImmutableArray<Peer> Members() =>
    [
        .. _membership.Members.Values
            .Where(member => member.Status is not (MemberStatus.Down or MemberStatus.Removed or MemberStatus.Exiting))
            .OrderBy(member => member, Member.AgeOrdering)
            .Select((member, age) => new Peer(member.Address.ToString(), age, _witness.About(member.Address.ToString()))),
    ];

    private void Down(string address)
    {
        _cluster.Down(Address.Parse(address));
        _quiet.Reset();
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>How long something has lasted, from when it was first asked about after a reset.</summary>
    private sealed class Stopclock(ITimeProvider time)
    {
        private TimeSpan? _since;

        public void Reset() => _since = null;

        public bool Passed(TimeSpan span) => time.MonotonicClock - (_since ??= time.MonotonicClock) >= span;
    }
}
