using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using KvStore.Node.Diagnostics;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster;

/// <summary>
/// As long as this node is in no cluster: asks not only its seed nodes to let it in, which need not be among those that live,
/// but all nodes that renew in the store. And a first seed node that was to form no cluster at its start
/// (<see cref="SeedDecision"/>) forms one after all when nobody serves any more: nobody else may, so all would wait for it.
/// </summary>
internal sealed class JoinByStore : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// For so many looks in a row nobody may serve: when holders die, the others of their cluster need a moment to take over.
    /// </summary>
    private const int LooksBeforeForming = 6;

    private readonly ClusterExtension _cluster = ClusterExtension.Get(Context.System);
    private readonly NodeParts _parts;
    private readonly ILogger _log;
    private ImmutableArray<string> _asked;
    private int _looksWithoutServing;

    public JoinByStore(NodeParts parts)
    {
        (_parts, _log) = (parts, parts.Loggers.CreateLogger<JoinByStore>());
        _asked = [.. SeedDecision.SeedNodes(parts.Options.Cluster, parts.MayFormCluster)];
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
            return;
        }

        // Only the first seed node makes anything of it: it asks all others once more, and forms a cluster where none that answers
        // is in one.
        _looksWithoutServing = _parts.Witness.DoOthersServe(_parts.Store.IsKnownDead) == false ? _looksWithoutServing + 1 : 0;
        var mayForm = _parts.MayFormCluster || _looksWithoutServing >= LooksBeforeForming;
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

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
