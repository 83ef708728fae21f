using System.Collections.Concurrent;
using System.Diagnostics;

namespace KvStore.Specs.Robustness.History;

/// <summary>All that the clients of one run did and saw, and what was done to the system meanwhile. Safe for all threads.</summary>
internal sealed class RunHistory
{
    private readonly ConcurrentQueue<Operation> _operations = new();
    private readonly ConcurrentQueue<RunEvent> _events = new();
    private readonly long _origin = Stopwatch.GetTimestamp();

    /// <summary>Microseconds since the start of the run.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_origin).TotalMicroseconds;

    public IReadOnlyCollection<Operation> Operations => _operations;

    public IReadOnlyCollection<RunEvent> Events => _events;

    /// <summary>When clients were at work, less what was read after the end of it; null before it has ended.</summary>
    public TrafficSpan? Traffic { get; set; }

    public void Add(Operation operation) => _operations.Enqueue(operation);

    public void Add(RunEvent what) => _events.Enqueue(what);

    /// <summary>Notes what happened to the system, such as the begin or the end of a fault.</summary>
    public void Note(string what) => _events.Enqueue(new RunEvent(Now, what));
}

/// <param name="At">Microseconds since the start of the run.</param>
internal sealed record RunEvent(long At, string What);

/// <param name="Start">Microseconds since the start of the run.</param>
/// <param name="End">Microseconds since the start of the run; operations that were under way then were waited for.</param>
internal sealed record TrafficSpan(long Start, long End);
