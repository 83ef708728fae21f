using System.Diagnostics.Metrics;
using KvStore.Http.Gateway.Links;

namespace KvStore.Http.Telemetry;

/// <summary>
/// What the edge measures. Names, labels and units are what dashboards and alerts are made of: <c>deploy/README.md</c> lists them,
/// and a spec compares.
/// </summary>
public sealed class EdgeMetrics : IDisposable
{
    public const string MeterName = "KvStore.Http";

    private const string Refused = "refused";
    private const string Silent = "silent";

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _duration;
    private readonly EventCounts _retries;
    private readonly RequestLoad _load;
    private readonly string _self;
    private long _faults;

    public EdgeMetrics(RequestLoad load, NodeLinks links, EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_load, _self) = (load, options.NodeName);
        _duration = _meter.CreateHistogram(
            "kvstore.request.duration", "s", "Time to answer a request about keys, by operation, outcome, and where the key's owner is.",
            tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = RequestLoad.BoundsSeconds });
        _retries = new EventCounts(
            _meter, "kvstore.request.retries", "{attempt}", "Attempts that came to nothing and were followed by another, by reason.", "reason",
            Refused, Silent);
        _meter.CreateObservableGauge(
            "kvstore.requests.active", () => load.Active, "{request}", "Requests about keys that are under way.");
        _meter.CreateObservableGauge(
            "kvstore.links.open", () => links.Open, "{link}", "Links by which this node asks others.");
        // There from the start, as those of EventCounts are.
        _meter.CreateObservableCounter(
            "kvstore.request.faults", () => Interlocked.Read(ref _faults), "{request}", "Requests about keys that a bug ended.");
    }

    public void Dispose() => _meter.Dispose();

    internal void RequestBegun() => _load.Begun();

    /// <param name="owner">The node that answered, or null where no owner did.</param>
    internal void RequestEnded(string operation, string outcome, string? owner, TimeSpan took)
    {
        var route = owner is null ? "none" : owner == _self ? "local" : "forwarded";
        _load.Ended(took.TotalSeconds);
        if (outcome == RequestOutcome.Error)
        {
            Interlocked.Increment(ref _faults);
        }

        _duration.Record(
            took.TotalSeconds, new("operation", operation), new("outcome", outcome), new("route", route));
    }

    /// <summary>An attempt was refused, so nothing happened, and is made again.</summary>
    internal void RetriedAfterRefusal() => _retries.Add(Refused);

    /// <summary>A read got no answer, and is sent again.</summary>
    internal void RetriedAfterSilence() => _retries.Add(Silent);
}
