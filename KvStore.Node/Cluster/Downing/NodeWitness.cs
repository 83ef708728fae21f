using System.Collections.Immutable;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;

namespace KvStore.Node.Cluster.Downing;

/// <summary>What the store says of a node, by the renewals that others can see.</summary>
public enum Testimony
{
    /// <summary>This node has not read the store steadily enough to say anything: then nobody is judged.</summary>
    Unknown,

    /// <summary>It renewed within the last 1.1 of its TTL, or too little time has passed to say that it did not.</summary>
    Alive,

    /// <summary>Its counter stood still for 1.1 of its TTL under steady observation, or it has no row: it serves nothing.</summary>
    Dead,

    /// <summary>Its counter stood still for three TTLs: no hiccup of its way to the store.</summary>
    LongDead,
}

/// <summary>
/// Watches the renewal counters of all nodes, as the takeover of shards does (<see cref="TakeoverRule"/>), but for a judgement
/// with wider consequences: a member is downed. So it is stricter. When the store itself stalls, everybody's counter stands
/// still, and the first node that gets an answer must not take all others for dead: a gap in its own reading starts the
/// observation anew. Called from several threads.
/// </summary>
public sealed class NodeWitness(TimeProvider clock, NodeRow self)
{
    /// <summary>Renewals come every third of the TTL, at most a tenth later; twice as long without one is a gap.</summary>
    private const double LongestGapShareOfTtl = 0.75;

    private const double LongDeadTtls = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Sighting> _sightings = [];
    private LeaseDirectory? _last;
    private long _lastAt;

    /// <summary>An answer of the store has arrived.</summary>
    public void Saw(LeaseDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (!IsSteady())
            {
                _sightings.Clear();
            }

            (_last, _lastAt) = (directory, now);
            foreach (var node in directory.Nodes)
            {
                var isKnown = _sightings.TryGetValue(node.NodeId, out var before);
                if (!isKnown || before.Counter != node.Counter)
                {
                    // A counter that is seen for the first time may have stood still for long.
                    _sightings[node.NodeId] = new Sighting(node.Counter, now, HasMoved: isKnown);
                }
            }

            var present = directory.Nodes.Select(node => node.NodeId).ToHashSet();
            foreach (var gone in _sightings.Keys.Where(id => !present.Contains(id)).ToList())
            {
                _sightings.Remove(gone);
            }
        }
    }

    /// <summary>What is known of the node at a cluster address. A restarted node has two rows of one address: one that lives is enough.</summary>
    public Testimony About(string akkaAddress)
    {
        lock (_lock)
        {
            if (!IsSteady())
            {
                return Testimony.Unknown;
            }

            var rows = _last!.Nodes.Where(node => node.AkkaAddress == akkaAddress).ToList();
            if (rows.Any(node => !HasStoodStill(node, TakeoverRule.WaitedShareOfTtl)))
            {
                return Testimony.Alive;
            }

            // A node that leaves takes its row away while it is still a member, so no row says less.
            return rows.Count > 0 && rows.All(node => HasStoodStill(node, LongDeadTtls)) ? Testimony.LongDead : Testimony.Dead;
        }
    }

    /// <summary>Nodes that are members of a cluster, or hold shards, and certainly renew. Empty where this node has not read the store steadily.</summary>
    public ImmutableArray<NodeRow> FindServing()
    {
        lock (_lock)
        {
            if (!IsSteady())
            {
                return [];
            }

            return [.. Serving().Where(node => node.NodeId == self.NodeId || IsRenewing(node))];
        }
    }

    /// <summary>
    /// Cluster addresses of other nodes that certainly renew, in a cluster or not. Empty where this node has not read the store
    /// steadily.
    /// </summary>
    public ImmutableArray<string> FindRenewing()
    {
        lock (_lock)
        {
            return IsSteady()
                ? [.. _last!.Nodes.Where(node => node.NodeId != self.NodeId && IsRenewing(node)).Select(node => node.AkkaAddress).Distinct()]
                : [];
        }
    }

    /// <summary>
    /// Another node of this one's name that certainly renews, and has renewed more often: the elder of the two. Null where there
    /// is none, or where this is the elder.
    /// </summary>
    public NodeRow? FindElderNamesake()
    {
        lock (_lock)
        {
            return IsSteady()
                ? _last!.Nodes.FirstOrDefault(node => node.Name == self.Name && node.NodeId != self.NodeId && IsRenewing(node)
                    && (node.Counter, node.NodeId).CompareTo((_last.MyCounter, self.NodeId)) > 0)
                : null;
        }
    }

    /// <summary>
    /// Whether other nodes serve from this store: yes where one that is a member of a cluster, or holds shards, certainly renews; no
    /// where there is none or all of them are dead; null as long as that is open. A cluster that nobody uses holds no shard, so
    /// shards alone would not tell.
    /// </summary>
    /// <param name="isKnownDead">By other means than the counter, see <see cref="IKeyStore.IsKnownDead"/>.</param>
    public bool? DoOthersServe(Func<string, bool> isKnownDead)
    {
        lock (_lock)
        {
            if (!IsSteady())
            {
                return null;
            }

            if (FindServing().Any(node => node.NodeId != self.NodeId))
            {
                return true;
            }

            var others = Serving().Where(node => node.NodeId != self.NodeId);
            return others.All(node => isKnownDead(node.NodeId) || HasStoodStill(node, TakeoverRule.WaitedShareOfTtl)) ? false : null;
        }
    }

    private IEnumerable<NodeRow> Serving()
    {
        var holders = _last!.Leases.Select(lease => lease.Holder).ToHashSet();
        return _last.Nodes.Where(node => node.IsMember || holders.Contains(node.NodeId));
    }

    private bool IsSteady() => _last is not null && clock.GetElapsedTime(_lastAt) <= self.Ttl * LongestGapShareOfTtl;

    private bool IsRenewing(NodeRow node) =>
        _sightings[node.NodeId].HasMoved && !HasStoodStill(node, TakeoverRule.WaitedShareOfTtl);

    private bool HasStoodStill(NodeRow node, double ttls) => clock.GetElapsedTime(_sightings[node.NodeId].Since) >= node.Ttl * ttls;

    private readonly record struct Sighting(long Counter, long Since, bool HasMoved);
}
