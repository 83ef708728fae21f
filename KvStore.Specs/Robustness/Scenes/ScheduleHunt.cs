using System.Collections.Immutable;
using System.Globalization;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Runs;
using KvStore.Specs.Robustness.SeededBugs;
using KvStore.Specs.Robustness.Verdict;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>What the random schedule made of a bug.</summary>
/// <param name="Runs">In their order; only the last one may be red.</param>
internal sealed record ScheduleHunt(SeededBug Bug, ImmutableArray<RunReport> Runs)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.25);

    public bool IsRed => Runs[^1].Verdict.Result == RunResult.Violation;

    /// <summary>One line.</summary>
    public string Line()
    {
        var runs = string.Join(", ", Runs.Select(run => $"seed {run.Plan.Seed} {(run.IsPass ? "pass" : $"{run.Verdict.Result}{(run.Troubles.Count > 0 ? ", not recovered" : "")}")}"));
        var what = IsRed ? $" after {SecondsUntilRed():F1} s of it, by {string.Join(", ", Checks())}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"schedule {Bug,-28} | {(IsRed ? "RED" : "not found")} | {runs}{what}");
    }

    /// <summary>The checks that found it.</summary>
    private IEnumerable<string> Checks() => Runs[^1].Verdict.Findings.Where(finding => finding.Kind == FindingKind.Violation)
        .Select(finding => finding.Check).Distinct();

    /// <summary>
    /// From the first request of the last run until what had been seen by then was wrong: the shortest beginning of its history
    /// that does not pass.
    /// </summary>
    private double SecondsUntilRed()
    {
        var operations = Runs[^1].Operations;
        var start = operations.Min(operation => operation.Start);
        var step = (long)Step.TotalMicroseconds;
        var (green, red) = (0L, ((operations.Max(operation => operation.End) - start) / step) + 1);
        while (red - green > 1)
        {
            var middle = (green + red) / 2;
            (green, red) = IsRedBy(operations, start + (middle * step)) ? (green, middle) : (middle, red);
        }

        return red * Step.TotalSeconds;
    }

    private bool IsRedBy(IEnumerable<Operation> operations, long time)
    {
        var seen = new RunHistory();
        foreach (var operation in operations.Where(operation => operation.Start < time))
        {
            if (operation.End <= time)
            {
                seen.Add(operation);
            }
            else if (operation.IsWrite)
            {
                // Whoever looks at that time knows nothing of its end.
                seen.Add(operation with { End = time, Outcome = Outcome.Unknown, Version = null, Value = null, Owner = null });
            }
        }

        var nodes = Enumerable.Range(0, Runs[^1].Plan.Stage.Nodes).Select(index => $"node-{index}").ToArray();
        return RunVerdict.Judge(seen, nodes, isScripted: true).Result == RunResult.Violation;
    }
}
