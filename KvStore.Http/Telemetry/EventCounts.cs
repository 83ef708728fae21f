using System.Diagnostics.Metrics;

namespace KvStore.Http.Telemetry;

/// <summary>
/// Events counted by their kind. Each kind is a series from the start, at 0: of one that begins with its first event no alert on an
/// increase sees that event. Safe for all threads.
/// </summary>
public sealed class EventCounts
{
    private readonly string _label;
    private readonly string[] _kinds;
    private readonly long[] _counts;

    /// <param name="label">The metric's label that says the kind.</param>
    /// <param name="kinds">All that there are.</param>
    public EventCounts(Meter meter, string name, string unit, string description, string label, params string[] kinds)
    {
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(kinds);
        (_label, _kinds, _counts) = (label, kinds, new long[kinds.Length]);
        meter.CreateObservableCounter(name, Measure, unit, description);
    }

    /// <exception cref="ArgumentException">There is no such kind.</exception>
    public void Add(string kind)
    {
        var index = Array.IndexOf(_kinds, kind);
        if (index < 0)
        {
            throw new ArgumentException($"'{kind}' is none of {string.Join(", ", _kinds)}.", nameof(kind));
        }

        Interlocked.Increment(ref _counts[index]);
    }

    private IEnumerable<Measurement<long>> Measure() => _kinds.Select((kind, index) =>
        new Measurement<long>(Interlocked.Read(ref _counts[index]), new KeyValuePair<string, object?>(_label, kind)));
}
