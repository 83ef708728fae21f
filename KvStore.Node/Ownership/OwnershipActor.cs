using Akka.Actor;
using KvStore.Node.Diagnostics;
using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <summary>
/// The node's side of the ownership protocol: Akka decides where a key is served, the store decides who may.
/// <para>
/// <b>Why.</b> After a pause, a partition or a wrong downing decision two actors of one key can live at once. Compare-and-set
/// keeps their writes apart, but a former owner could still answer reads from memory, and a late write of it could slip in
/// behind its successor's load. So each node holds its shards in the store, under an epoch that rises at each acquisition.
/// </para>
/// <para><b>The rules.</b> Each has a counter-example that appears when it is dropped.</para>
/// <list type="number">
/// <item><b>Acquire</b> (<c>OwnershipActor.Acquiring.cs</c>, <see cref="TakeoverRule"/>) when the first key of a shard starts;
/// only while the node's own lease is valid and it is a member. Look without a lock first, since a queued exclusive lock
/// stalls the holder's commits; then one transaction that compares again under the shard's lock.</item>
/// <item><b>Renew</b> (here, <see cref="LeaseTable.Renewed"/>) every third of the TTL: first raise the counter, then, in a
/// second statement, read what is held. In one statement a taker's lock would be waited for with an old snapshot, and the
/// answer would list a shard that was just lost. Valid for 0.9 TTL from before the renewal was sent.</item>
/// <item><b>Read</b> (<see cref="LeaseTable.Check"/>): take the value, then check its epoch.</item>
/// <item><b>Write</b> (<see cref="IKeyStore.CommitAsync"/>): the transaction compares holder and epoch under the shard's
/// lock. Its acknowledgement needs no check.</item>
/// <item><b>Release</b> (<c>OwnershipActor.Releasing.cs</c>) when no key, cell or row of the shard is left: first out of the
/// table, then in the store, naming the epoch.</item>
/// </list>
/// <para>An unknown outcome of a write is settled by re-acquiring its shard: <see cref="GroupCommitWriter"/>.</para>
/// <para>
/// Sources: leases are Gray and Cheriton (1989); epochs as fencing tokens are Kleppmann (2016) and Chubby's sequencers
/// (Burrows, 2006); waiting out a counter in place of a clock is the usual "observed time" of lock services.
/// </para>
/// </summary>
public sealed partial class OwnershipActor : ReceiveActor, IWithTimers
{
    private readonly OwnershipContext _node;
    private readonly TakeoverRule _takeover;
    private readonly HashSet<IActorRef> _renewalWaiters = [];
    private readonly HashSet<IActorRef> _nextRenewalWaiters = [];
    private readonly Dictionary<int, long> _unusedSince = [];
    private LeaseDirectory? _directory;
    private bool _isRenewing;
    private bool _hasEnded;
    private long _mayAcquireFrom = long.MinValue;

    public OwnershipActor(OwnershipContext node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _node = node;
        _takeover = new TakeoverRule(node.Clock);
        _faults = new FaultReports(node.Clock);
        Receive<RenewNow>(message => OnRenewNow(message, Sender));
        Receive<RefreshDirectory>(_ => OnRefreshDirectory());
        Receive<Renewed>(OnRenewed);
        Receive<Registered>(OnRegistered);
        Receive<RenewalDone>(_ => { });
        Receive<Announced>(OnAnnounced);
        Receive<HoldShard>(OnHoldShard);
        Receive<Looked>(OnLooked);
        Receive<AcquireEnded>(OnAcquireEnded);
        Receive<RetryAcquire>(retry => Look(retry.Attempt));
        Receive<ShardUnused>(unused => ReleaseIfUnused([unused.Shard]));
        Receive<ReleaseFailed>(failed => _node.Log.ReleaseFailed(failed.Cause));
        Receive<MembershipEnded>(_ => OnMembershipEnded());
        Receive<GiveUpAll>(_ => GiveUp(Sender));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Ttl => _node.Options.LeaseTtl;

    protected override void PreStart() => Renew();

    private void OnRenewNow(RenewNow message, IActorRef sender)
    {
        if (!sender.IsNobody())
        {
            _renewalWaiters.Add(sender);
        }

        Renew();
    }

    private void OnRefreshDirectory()
    {
        (_isRenewing ? _nextRenewalWaiters : _renewalWaiters).Add(Sender);
        Renew();
    }

    private void Renew()
    {
        if (_isRenewing || _hasEnded)
        {
            if (_hasEnded)
            {
                AnswerRenewalWaiters();
            }

            return;
        }

        _isRenewing = true;
        RenewAsync(_node).PipeTo(Self);
    }

    private static async Task<Renewed> RenewAsync(OwnershipContext node)
    {
        var sentAt = node.Clock.GetTimestamp();
        try
        {
            return new Renewed(sentAt, await node.Store.RenewAsync(node.Self.NodeId).ConfigureAwait(false), null);
        }
        catch (Exception fault)
        {
            return new Renewed(sentAt, null, fault);
        }
    }

    private void OnRenewed(Renewed renewed)
    {
        _isRenewing = false;
        if (_hasEnded)
        {
            _renewalWaiters.UnionWith(_nextRenewalWaiters);
            AnswerRenewalWaiters();
            return;
        }

        if (renewed.Directory is { } directory)
        {
            Apply(directory, renewed.SentAt);
        }
        else if (renewed.Fault is { } fault)
        {
            _node.Log.RenewalFailed(_node.Leases.IsNodeValid, fault);
            if (fault is StoreRefusedException)
            {
                // The server does not keep what it acknowledges any more (fsync=off), and writes ask for no lease: without
                // its shards the node cannot send any.
                DropAll();
            }
        }
        else
        {
            RegisterAgain();
            return;
        }

        AnswerRenewalWaiters();
        ScheduleRenewal(soon: renewed.Directory is null);
        RenewAgainIfWanted();
    }

    private void RenewAgainIfWanted()
    {
        if (_nextRenewalWaiters.Count > 0)
        {
            _renewalWaiters.UnionWith(_nextRenewalWaiters);
            _nextRenewalWaiters.Clear();
            Renew();
        }
    }

    /// <summary>Nothing is held any more, and no acquisition that was sent before this may add anything.</summary>
    private void DropAll()
    {
        _node.Leases.DropAll();
        RefuseAllWaiters();
    }

    private void Apply(LeaseDirectory directory, long sentAt)
    {
        if (_directory is not null && _directory.Incarnation != directory.Incarnation)
        {
            // The database went back to another history (a failover): what others hold by the old one is not in it.
            // They believe in it for a TTL at most, so nothing is taken before that has passed.
            _node.Log.IncarnationChanged(_directory.Incarnation, directory.Incarnation);
            DropAll();
            var longest = directory.Nodes.Select(node => node.Ttl).Append(Ttl).Max();
            _mayAcquireFrom = _node.Clock.GetTimestamp() + Ticks(longest * TakeoverRule.WaitedShareOfTtl);
        }

        _directory = directory;
        foreach (var node in directory.Nodes)
        {
            _takeover.Saw(node.NodeId, node.Counter);
        }

        // A holder whose row is missing is waited out like any other, so its sighting must last.
        _takeover.KeepOnly(directory.Nodes.Select(node => node.NodeId)
            .Concat(directory.Leases.Select(lease => lease.Holder).OfType<string>()).ToHashSet());
        var strangers = _node.Leases.Renewed(_node.Self.NodeId, directory, sentAt, Ttl);
        _node.OnDirectory(directory);
        ReleaseStrangers(strangers);
        ReleaseLongUnused();
        ForgetDeadNodes(directory);
        AnnounceIfMember(directory);
    }

    private void AnswerRenewalWaiters()
    {
        foreach (var waiter in _renewalWaiters)
        {
            waiter.Tell(RenewalDone.Instance);
        }

        _renewalWaiters.Clear();
    }

    /// <summary>A third of the TTL, and jitter so that the nodes of a cluster do not renew in step.</summary>
    private void ScheduleRenewal(bool soon)
    {
        var pause = Ttl / 3 * (0.9 + (0.2 * Random.Shared.NextDouble()));
        Timers.StartSingleTimer("renew", RenewNow.Instance, soon ? pause / 8 : pause);
    }

    /// <summary>Downed or removed: others may take over at once, so nothing that is remembered here may be shown any more.</summary>
    private void EndMembership()
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        _node.Log.MembershipEnded();
        Timers.CancelAll();
        DropAll();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _node.Clock.TimestampFrequency);

    /// <param name="Directory">Null with a <paramref name="Fault"/>, or where the node's row was gone.</param>
    private sealed record Renewed(long SentAt, LeaseDirectory? Directory, Exception? Fault) : INoSerializationVerificationNeeded;
}
