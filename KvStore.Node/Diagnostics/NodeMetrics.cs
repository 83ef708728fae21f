using System.Diagnostics.Metrics;
using KvStore.Http.Telemetry;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// What the node measures beside its edge (<see cref="EdgeMetrics"/>). Names, labels and units are what dashboards and alerts are
/// made of: <c>deploy/README.md</c> lists them, and a spec compares.
/// </summary>
public sealed class NodeMetrics : IDisposable
{
    public const string MeterName = "KvStore.Node";

    internal const string Failed = "failed";
    internal const string Settled = "settled";
    internal const string Lost = "lost";
    internal const string FromNobody = "nobody";
    internal const string FromSelf = "self";
    internal const string FromOther = "other";

    private const string Request = "request";
    private const string Other = "other";

    private static readonly InstrumentAdvice<double> Latencies = new() { HistogramBucketBoundaries = RequestLoad.BoundsSeconds };

    private static readonly InstrumentAdvice<int> BatchSizes = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000],
    };

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<int> _commitRows;
    private readonly EventCounts _settles;
    private readonly Histogram<double> _loadDuration;
    private readonly Histogram<double> _renewalDuration;
    private readonly EventCounts _acquisitions;
    private readonly EventCounts _deadLetters;
    private long _releases;
    private long _epochChanges;

    public NodeMetrics()
    {
        _commitDuration = _meter.CreateHistogram(
            "kvstore.commit.duration", "s", "Time of a transaction of the group-commit writer, by outcome.", null, Latencies);
        _commitRows = _meter.CreateHistogram(
            "kvstore.commit.rows", "{row}", "Rows in a transaction of the group-commit writer.", null, BatchSizes);
        _settles = new EventCounts(
            _meter, "kvstore.settles", "{settle}", "Attempts to find out what became of a transaction of unknown outcome, by outcome.", "outcome",
            Settled, Lost, Failed);
        _loadDuration = _meter.CreateHistogram(
            "kvstore.key.load.duration", "s", "Time to load a key's row, by outcome.", null, Latencies);
        _renewalDuration = _meter.CreateHistogram(
            "kvstore.lease.renewal.duration", "s", "Time to renew this node's lease in the store, by outcome.", null, Latencies);
        _acquisitions = new EventCounts(
            _meter, "kvstore.lease.acquisitions", "{shard}",
            "Shards that this node acquired, by who held them before; from another node: a shard moved.", "from",
            FromNobody, FromSelf, FromOther);
        _deadLetters = new EventCounts(
            _meter, "kvstore.dead.letters", "{message}",
            "Messages that no actor took. Requests among them were refused, and sent again by the edge.", "kind", Request, Other);
        // There from the start, as those of EventCounts are.
        _meter.CreateObservableCounter(
            "kvstore.lease.releases", () => Interlocked.Read(ref _releases), "{shard}", "Shards that this node gave back.");
        _meter.CreateObservableCounter(
            "kvstore.lease.epoch.changes", () => Interlocked.Read(ref _epochChanges), "{epoch}",
            "Epochs that this node raised, by acquiring a shard or by settling.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>What is read when somebody asks, rather than counted when it happens.</summary>
    internal void Observe(NodeParts parts)
    {
        _meter.CreateObservableGauge(
            "kvstore.writer.queued.rows", () => parts.Writer.QueuedRows, "{row}", "Rows whose fate is not known yet.");
        _meter.CreateObservableGauge(
            "kvstore.writer.queued.bytes", () => parts.Writer.QueuedBytes, "By", "Bytes of values in those rows.");
        _meter.CreateObservableGauge("kvstore.keys.live", () => parts.LiveKeys.Count, "{key}", "Key actors that live on this node.");
        _meter.CreateObservableCounter(
            "kvstore.key.passivations", () => parts.LiveKeys.Passivations, "{key}", "Key actors that left memory, whatever for.");
        _meter.CreateObservableCounter(
            "kvstore.key.evictions", () => parts.LiveKeys.Evictions, "{key}", "Key actors that were asked to make room.");
        _meter.CreateObservableGauge(
            "kvstore.leases.held", () => parts.Leases.HeldShards, "{shard}", "Shards that this node holds by its own account.");
        _meter.CreateObservableGauge(
            "kvstore.lease.valid", () => parts.Leases.IsNodeValid ? 1 : 0, null, "1 where this node can prove that it holds its shards.");
        _meter.CreateObservableCounter(
            "kvstore.lease.losses", () => LossesOf(parts), "{shard}", "Shards that this node lost other than by giving them back.");
        _meter.CreateObservableGauge(
            "kvstore.cluster.members", () => MembersOf(parts), "{node}", "Members of the cluster as this node sees it.");
    }

    internal void Committed(string outcome, int rows, TimeSpan took)
    {
        _commitDuration.Record(took.TotalSeconds, Outcome(outcome));
        _commitRows.Record(rows);
    }

    internal void SettleEnded(string outcome) => _settles.Add(outcome);

    internal void Loaded(string outcome, TimeSpan took) => _loadDuration.Record(took.TotalSeconds, Outcome(outcome));

    internal void RenewalEnded(string outcome, TimeSpan took) => _renewalDuration.Record(took.TotalSeconds, Outcome(outcome));

    internal void Acquired(string from) => _acquisitions.Add(from);

    internal void Released(int shards) => Interlocked.Add(ref _releases, shards);

    internal void EpochRaised() => Interlocked.Increment(ref _epochChanges);

    internal void DeadLetter(bool isRequest) => _deadLetters.Add(isRequest ? Request : Other);

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    private static IEnumerable<Measurement<long>> LossesOf(NodeParts parts)
    {
        var losses = parts.Leases.Losses;
        return
        [
            new(losses.Fenced, new KeyValuePair<string, object?>("reason", "fenced")),
            new(losses.ListedOtherwise, new KeyValuePair<string, object?>("reason", "listed_otherwise")),
            new(losses.Dropped, new KeyValuePair<string, object?>("reason", "dropped")),
        ];
    }

    private static IEnumerable<Measurement<int>> MembersOf(NodeParts parts) =>
        parts.View.Current.Members.GroupBy(member => (member.Status, member.Reachable)).Select(group => new Measurement<int>(
            group.Count(), new("status", group.Key.Status), new("reachable", group.Key.Reachable ? "true" : "false")));
}
