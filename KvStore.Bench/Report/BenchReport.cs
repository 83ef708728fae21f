using System.Collections.Immutable;
using KvStore.Bench.Goals;
using KvStore.Bench.Runs;

namespace KvStore.Bench.Report;

/// <summary>Everything that a run found, as the JSON file holds it.</summary>
/// <param name="Builds">What each measured build of the node says about itself.</param>
/// <param name="Goals">Empty where they were not asked for.</param>
internal sealed record BenchReport(
    DateTimeOffset At,
    Machine Machine,
    ImmutableArray<string> Builds,
    int Connections,
    int Pairs,
    double Seconds,
    ImmutableArray<ScenarioResult> Scenarios,
    ImmutableArray<GoalResult> Goals);
