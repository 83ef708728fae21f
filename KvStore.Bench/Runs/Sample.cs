using System.Collections.Immutable;
using KvStore.Bench.Load;

namespace KvStore.Bench.Runs;

/// <summary>What one contestant did in one round.</summary>
/// <param name="Figures">The first one is what contestants are compared by.</param>
/// <param name="Fault">Why the figures do not count, or null.</param>
internal sealed record Sample(ImmutableArray<Figure> Figures, string? Fault = null)
{
    public static Sample Of(params ReadOnlySpan<Figure> figures) => new([.. figures]);

    public static Sample Broken(string fault) => new([], fault);

    public static Sample Of(LoadResult load, double cpuSeconds, double peakMebibytes) => new(
        [
            new(Runs.Figures.PerSecond, load.PerSecond),
            new(Runs.Figures.P50, load.Latencies.P50),
            new(Runs.Figures.P90, load.Latencies.P90),
            new(Runs.Figures.P99, load.Latencies.P99),
            new(Runs.Figures.P999, load.Latencies.P999),
            new(Runs.Figures.Max, load.Latencies.Max),
            new(Runs.Figures.Cpu, 1_000 * cpuSeconds / Math.Max(1, load.Requests)),
            new(Runs.Figures.PeakMemory, peakMebibytes),
            .. load.Conflicts > 0 ? [new Figure(Runs.Figures.Conflicts, load.Conflicts / load.Duration.TotalSeconds)] : Array.Empty<Figure>(),
        ],
        load.Fault);
}
