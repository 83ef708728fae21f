using KvStore.Bench.Runs;

namespace KvStore.Bench.Report;

/// <summary>Tables for people, and for documents.</summary>
internal static class MarkdownReport
{
    public static void Write(TextWriter output, BenchReport report)
    {
        output.WriteLine($"{report.Machine.Describe()}; {report.Connections} connections, {report.Pairs} rounds of {report.Seconds:0.#} s.");
        foreach (var build in report.Builds)
        {
            output.WriteLine();
            output.WriteLine(build);
        }

        foreach (var scenario in report.Scenarios)
        {
            Write(output, scenario);
        }

        if (!report.Goals.IsEmpty)
        {
            GoalTable.Write(output, report.Goals);
        }
    }

    private static void Write(TextWriter output, ScenarioResult scenario)
    {
        output.WriteLine();
        output.WriteLine($"### {scenario.Name}");
        output.WriteLine();
        output.WriteLine(scenario.What);
        output.WriteLine();
        if (scenario.Contestants.IsEmpty)
        {
            output.WriteLine("Nobody took part.");
        }
        else
        {
            Table(output, scenario);
        }

        foreach (var note in scenario.Left)
        {
            output.WriteLine();
            output.WriteLine($"Left out: {note}");
        }
    }

    private static void Table(TextWriter output, ScenarioResult scenario)
    {
        var main = scenario.Contestants.Select(contestant => contestant.MainFigure).FirstOrDefault(name => name.Length > 0, "");
        string[] more = [.. scenario.Contestants.SelectMany(each => each.Rounds).SelectMany(round => round.Figures)
            .Select(figure => figure.Name).Distinct().Where(name => name != main)];
        var hasReferences = scenario.Contestants.Any(contestant => contestant.Reference != contestant.Name);
        string[] ratio = hasReferences ? ["ratio", "to"] : [];
        Row(output, ["", main, .. ratio, .. more]);
        Row(output, [.. Enumerable.Repeat("---", 2 + ratio.Length + more.Length)]);
        foreach (var contestant in scenario.Contestants)
        {
            if (contestant.Fault is { } fault)
            {
                Row(output, [contestant.Name, $"invalid: {fault}", .. Enumerable.Repeat("", ratio.Length + more.Length)]);
                continue;
            }

            Row(output,
            [
                contestant.Name, All(contestant.SpreadOf(main)), .. hasReferences ? Ratio(scenario, contestant, main) : [],
                .. more.Select(name => contestant.SpreadOf(name) is { } spread ? Numbers.Text(spread.Median) : ""),
            ]);
        }
    }

    private static string[] Ratio(ScenarioResult scenario, ContestantResult contestant, string figure) =>
        contestant.Reference == contestant.Name || scenario.Find(contestant.Reference) is not { Fault: null } reference
            ? ["", ""]
            : [All(contestant.RatioTo(reference, figure)), reference.Name];

    /// <summary>Minimum, median, maximum.</summary>
    private static string All(Spread? spread) => spread is { } s ? $"{Numbers.Text(s.Min)} – **{Numbers.Text(s.Median)}** – {Numbers.Text(s.Max)}" : "";

    private static void Row(TextWriter output, string[] cells) => output.WriteLine($"| {string.Join(" | ", cells)} |");
}
