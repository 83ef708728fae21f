using KvStore.Node.Storage;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// How loudly the next fault of one kind is told. A store that is away fails every request in the same way, with the same stack: one
/// in every <see cref="Interval"/> is a warning, the others are there for who looks at Debug. The metrics count what clients get.
/// </summary>
internal sealed class FaultReports(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long _nextAt = long.MinValue;

    /// <summary>What is no fault of the store is always told. Callable from any thread.</summary>
    public LogLevel NextLevel(Exception fault)
    {
        if (fault is not StoreUnavailableException)
        {
            return LogLevel.Warning;
        }

        var now = time.GetTimestamp();
        var nextAt = Volatile.Read(ref _nextAt);
        var following = now + (long)(Interval.TotalSeconds * time.TimestampFrequency);
        return now >= nextAt && Interlocked.CompareExchange(ref _nextAt, following, nextAt) == nextAt ? LogLevel.Warning : LogLevel.Debug;
    }
}
