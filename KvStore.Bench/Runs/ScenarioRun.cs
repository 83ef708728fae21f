using System.Collections.Immutable;
using KvStore.Bench.Peers;
using KvStore.Bench.Scenarios;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>Plays one scenario: starts who is needed, warms up, and then lets all have their turns, round by round.</summary>
internal sealed class ScenarioRun(Scenario scenario, BenchOptions options, Fleet fleet)
{
    public async Task<ScenarioResult> RunAsync(CancellationToken cancel)
    {
        Progress.Say($"== {scenario.Name}: {scenario.What}");
        var asked = scenario.ContestantsOf(options);
        await fleet.KeepOnlyAsync(asked.Select(contestant => contestant.Plan));
        var (present, left) = await PrepareAsync(asked, cancel);
        var rounds = present.ToDictionary(contestant => contestant, _ => new List<Sample>());
        for (var round = 1; round <= options.Pairs; round++)
        {
            foreach (var contestant in present)
            {
                var sample = await contestant.MeasureAsync(await fleet.GetAsync(contestant.Plan, cancel), options, cancel);
                rounds[contestant].Add(sample);
                Progress.Say($"  {round}/{options.Pairs} {contestant.Name}: {Summary(sample)}");
            }
        }

        return new ScenarioResult(
            scenario.Name,
            scenario.What,
            [.. present.Select(contestant => new ContestantResult(contestant.Name, ReferenceOf(contestant, present), [.. rounds[contestant]]))],
            left);
    }

    private static string Summary(Sample sample) =>
        sample.Fault is { } fault ? $"INVALID: {fault}" : string.Join(", ", sample.Figures.Select(figure => $"{Report.Numbers.Text(figure.Value)} {figure.Name}"));

    private static string ReferenceOf(Contestant contestant, IReadOnlyList<Contestant> present) =>
        present.Any(other => other.Name == contestant.Reference)
            ? contestant.Reference!
            : present.First(other => other.What == contestant.What).Name;

    private async Task<(ImmutableArray<Contestant> Present, ImmutableArray<string> Left)> PrepareAsync(
        ImmutableArray<Contestant> asked, CancellationToken cancel)
    {
        var (present, left) = (ImmutableArray.CreateBuilder<Contestant>(), ImmutableArray.CreateBuilder<string>());
        foreach (var contestant in asked)
        {
            try
            {
                var peer = await fleet.GetAsync(contestant.Plan, cancel);
                await contestant.PrepareAsync(peer, options, cancel);
                present.Add(contestant);
            }
            catch (MissingToolException missing)
            {
                Progress.Say($"  without {contestant.Name}: {missing.Message}");
                left.Add($"{contestant.Name}: {missing.Message}");
            }
        }

        await DemandSameAnswersAsync(present, cancel);
        return (present.ToImmutable(), left.ToImmutable());
    }

    private async Task DemandSameAnswersAsync(IReadOnlyList<Contestant> present, CancellationToken cancel)
    {
        if (present.FirstOrDefault(contestant => contestant.Plan.Kind == PeerKind.Bare) is not { Plan: var bare })
        {
            return;
        }

        foreach (var plan in present.Select(contestant => contestant.Plan).Where(plan => plan.Kind.IsKvStore()).Distinct())
        {
            await SameAnswer.DemandAsync(await fleet.GetAsync(bare, cancel), await fleet.GetAsync(plan, cancel), cancel);
        }
    }
}
