using Akka.Actor;
using Akka.Cluster;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Diagnostics;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster;

/// <summary>
/// On a first seed node that was to form no cluster at its start (<see cref="SeedDecision"/>): looks whether the one that
/// it is to join is still there. Nobody else may form one, so without this a restart of all nodes at about the same time could
/// leave them waiting for each other.
/// </summary>
internal sealed class LateSeed : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly ClusterExtension _cluster = ClusterExtension.Get(Context.System);
    private readonly NodeParts _parts;
    private readonly ILogger _log;

    public LateSeed(NodeParts parts)
    {
        (_parts, _log) = (parts, parts.Loggers.CreateLogger<LateSeed>());
        Receive<Tick>(_ => OnTick());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, Interval);

    private void OnTick()
    {
        if (_cluster.SelfMember.Status != MemberStatus.Removed)
        {
            // It has joined.
            Context.Stop(Self);
        }
        else if (_parts.Witness.DoOthersServe(_parts.Store.IsKnownDead) == false)
        {
            _log.MayFormAfterAll();
            // Asks all the others once more, and forms a cluster only where none of them is in one.
            _cluster.JoinSeedNodes(SeedDecision.SeedNodes(_parts.Options.Cluster, mayForm: true).Select(Address.Parse));
            Context.Stop(Self);
        }
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
