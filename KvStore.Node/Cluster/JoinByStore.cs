using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster;

/// <summary>
/// As long as this node is in no cluster: asks not only its seed nodes to let it in, which need not be among those that live,
/// but all nodes that renew in the store. And a first seed node that was to form no cluster at its start
/// (<see cref="SeedDecision"/>) forms one after all when nobody serves any more: nobody else may, so all would wait for it. A pod
/// ends instead, and may form one when it is started again.
/// <para>
/// A node can be welcomed by one that is on its way out, whom the others do not hear any more: they know nothing of the newcomer,
/// and it waits for them for ever. So who is not let in after a while ends, and joins anew when it is started again. And it can
/// stand still between its request and the welcome until the others have taken it out: they refuse whatever this process sends
/// from then on, so it ends as well.
/// </para>
/// </summary>
internal sealed class JoinByStore : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// For so many looks in a row nobody may serve: when holders die, the others of their cluster need a moment to take over.
    /// </summary>
    private const int LooksBeforeForming = 6;

    /// <summary>Several times what it takes until those that are lost are taken out, for whom a newcomer has to wait.</summary>
    private static readonly TimeSpan JoiningPatience = TimeSpan.FromSeconds(20);

    private readonly ClusterExtension _cluster = ClusterExtension.Get(Context.System);
    private readonly NodeParts _parts;
    private readonly ILogger _log;
    private ImmutableArray<string> _asked;
    private int _looksWithoutServing;
    private TimeSpan? _joiningSince;

    public JoinByStore(NodeParts parts)
    {
        (_parts, _log) = (parts, parts.Loggers.CreateLogger<JoinByStore>());
        _asked = [.. SeedDecision.SeedNodes(parts.Options.Cluster, parts.MayFormCluster)];
        Receive<Tick>(_ => OnTick());
        Receive<ThisActorSystemQuarantinedEvent>(OnQuarantined);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Whoever wanted that: there is nothing to join for any more, and an end that was asked for is no failure.</summary>
    private static bool IsEnding => CoordinatedShutdown.Get(Context.System).ShutdownReason is not null;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, Interval);
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    private void OnTick()
    {
        if (IsEnding)
        {
            return;
        }

        switch (_cluster.SelfMember.Status)
        {
            case MemberStatus.Removed:
                AskAll();
                break;
            case MemberStatus.Joining:
                WaitToBeLetIn();
                break;
            default:
                Context.Stop(Self);
                break;
        }
    }

    private void WaitToBeLetIn()
    {
        var now = Context.System.Scheduler.MonotonicClock;
        if (now - (_joiningSince ??= now) >= JoiningPatience)
        {
            _log.NotLetIn(JoiningPatience.TotalSeconds);
            _cluster.Down(_cluster.SelfAddress);
            Context.Stop(Self);
        }
    }

    private void AskAll()
    {
        var doOthersServe = _parts.Witness.DoOthersServe(_parts.Store.IsKnownDead);
        _looksWithoutServing = doOthersServe == false ? _looksWithoutServing + 1 : 0;
        var mayForm = _parts.MayFormCluster || _looksWithoutServing >= LooksBeforeForming;
        if (_parts.Options.Cluster.Bootstrap == BootstrapMethod.Kubernetes && doOthersServe != true)
        {
            // Those that renew have no cluster either. The pods see to that among themselves.
            if (mayForm != _parts.MayFormCluster)
            {
                // The bootstrap was told at the start that this node may form no cluster, and cannot be told otherwise.
                _log.MayFormAfterAll();
                End();
            }

            return;
        }

        // Only the first seed node makes anything of it: it asks all others once more, and forms a cluster where none that answers
        // is in one.
        ImmutableArray<string> seeds =
        [
            .. SeedDecision.SeedNodes(_parts.Options.Cluster, mayForm)
                .Concat(_parts.Witness.FindRenewing().Order(StringComparer.Ordinal)).Distinct(),
        ];
        if (!seeds.SequenceEqual(_asked))
        {
            _asked = seeds;
            _log.Asking(string.Join(", ", seeds));
            _cluster.JoinSeedNodes(seeds.Select(Address.Parse));
        }
    }

    /// <summary>Once it is welcomed, <see cref="StoreDowningActor"/> knows who is a member and whose refusal counts.</summary>
    private void OnQuarantined(ThisActorSystemQuarantinedEvent happened)
    {
        if (_cluster.SelfMember.Status == MemberStatus.Removed && !IsEnding)
        {
            _log.TakenOutBeforeWelcome(happened.RemoteAddress.ToString());
            End();
        }
    }

    private void End()
    {
        var reason = CoordinatedShutdown.ClusterJoinUnsuccessfulReason.Instance;
        Environment.ExitCode = reason.ExitCode;
        _ = CoordinatedShutdown.Get(Context.System).Run(reason);
        Context.Stop(Self);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
