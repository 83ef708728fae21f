using System.Collections.Immutable;

namespace KvStore.Bench.Runs;

/// <summary>All rounds of a scenario.</summary>
/// <param name="Left">Contestants that could not be had, with the reason.</param>
internal sealed record ScenarioResult(string Name, string What, ImmutableArray<ContestantResult> Contestants, ImmutableArray<string> Left)
{
    public ContestantResult? Find(string name) => Contestants.FirstOrDefault(contestant => contestant.Name == name);
}

/// <param name="Reference">The contestant whose figures its own are compared with; itself where there is no other.</param>
/// <param name="Rounds">One sample a round.</param>
internal sealed record ContestantResult(string Name, string Reference, ImmutableArray<Sample> Rounds)
{
    /// <summary>Null, or why its figures do not count.</summary>
    public string? Fault => Rounds.Select(round => round.Fault).FirstOrDefault(fault => fault is not null);

    /// <summary>What it is compared by.</summary>
    public string MainFigure => Rounds.SelectMany(round => round.Figures).Select(figure => figure.Name).FirstOrDefault("");

    public Spread? SpreadOf(string figure) => Spread.Of(Rounds.Select(round => ValueOf(round, figure)).OfType<double>());

    /// <summary>Round by round, so that what slows the whole machine down for a while cancels out.</summary>
    public Spread? RatioTo(ContestantResult other, string figure) => Spread.Of(Rounds.Zip(other.Rounds)
        .Select(pair => ValueOf(pair.First, figure) / ValueOf(pair.Second, figure)).OfType<double>());

    private static double? ValueOf(Sample round, string figure)
    {
        foreach (var each in round.Figures)
        {
            if (each.Name == figure)
            {
                return each.Value;
            }
        }

        return null;
    }
}
