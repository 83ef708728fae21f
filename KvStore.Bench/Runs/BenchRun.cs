using System.Collections.Immutable;
using KvStore.Bench.Goals;
using KvStore.Bench.Load;
using KvStore.Bench.Peers;
using KvStore.Bench.Report;
using KvStore.Bench.Scenarios;

namespace KvStore.Bench.Runs;

/// <summary>Several scenarios, one after the other.</summary>
internal sealed class BenchRun(BenchOptions options)
{
    /// <param name="afterEach">Gets the report so far: hours of figures are not lost with the last scenario.</param>
    public async Task<BenchReport> RunAsync(IEnumerable<Scenario> scenarios, Action<BenchReport> afterEach, CancellationToken cancel)
    {
        Wrk.Require();
        var results = ImmutableArray.CreateBuilder<ScenarioResult>();
        await using var fleet = new Fleet();
        foreach (var scenario in scenarios)
        {
            results.Add(await new ScenarioRun(scenario, options, fleet).RunAsync(cancel));
            afterEach(ReportOf(results));
        }

        return ReportOf(results);
    }

    private BenchReport ReportOf(ImmutableArray<ScenarioResult>.Builder results) => new(
        DateTimeOffset.UtcNow,
        Machine.This,
        [.. options.Builds.Select(build => $"{(build.Label.Length == 0 ? "KvStore" : build.Label)}: {build.Describe()}")],
        options.Connections,
        options.Pairs,
        options.Duration.TotalSeconds,
        results.ToImmutable(),
        options.JudgesGoals ? [.. AllGoals.List.Where(goal => results.Any(result => result.Name == goal.Scenario)).Select(goal => GoalResult.Of(goal, results, options.Program))] : []);
}
