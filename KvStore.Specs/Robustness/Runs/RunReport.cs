using System.Globalization;
using System.Text;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Verdict;

namespace KvStore.Specs.Robustness.Runs;

/// <param name="Sent">Requests of the traffic.</param>
/// <param name="Missed">Requests that were due while too many were under way.</param>
internal readonly record struct ClientCounts(long Sent, long Missed);

/// <param name="All">Requests with an end, refused ones and reads included.</param>
/// <param name="Writes">Acknowledged ones.</param>
/// <param name="Unknowns">Writes that may have taken effect.</param>
internal readonly record struct OperationTotals(int All, int Writes, int Unknowns)
{
    public static OperationTotals Of(RunHistory history) => new(
        history.Operations.Count,
        history.Operations.Count(operation => operation is { IsWrite: true, Outcome: Outcome.Done }),
        history.Operations.Count(operation => operation is { IsWrite: true, Outcome: Outcome.Unknown }));
}

/// <summary>What came of a run.</summary>
/// <param name="Faults">How often each happened.</param>
/// <param name="Troubles">What kept the run from its end: a system that does not recover, a fault that cannot be mended.</param>
/// <param name="Recovery">From the mending of the last fault until every node was ready and saw all the others.</param>
internal sealed record RunReport(
    RunPlan Plan,
    OperationTotals Totals,
    ClientCounts Clients,
    IReadOnlyDictionary<string, int> Faults,
    RunVerdict Verdict,
    IReadOnlyList<string> Troubles,
    TimeSpan Recovery,
    TimeSpan Took)
{
    public bool IsPass => Verdict.Result == RunResult.Pass && Troubles.Count == 0;

    /// <summary>All of them. A campaign, which keeps the reports of all its runs, drops them.</summary>
    public IReadOnlyCollection<Operation> Operations { get; init; } = [];

    /// <summary>Where history and logs lie; null after a pass.</summary>
    public string? Evidence { get; init; }

    /// <summary>One line.</summary>
    public string Line() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Plan.Seed,4} | {Plan.Description,-36} | {Totals.All,6} operations, {Totals.Writes,6} writes, {Totals.Unknowns,5} unknown, {Clients.Missed,5} missed | {Faults.Values.Sum(),2} faults | recovered in {Recovery.TotalSeconds,4:F1} s | {Took.TotalSeconds,4:F0} s | {(IsPass ? "pass" : Verdict.Result == RunResult.Pass ? "NOT RECOVERED" : Verdict.Result.ToString().ToUpperInvariant())}");

    public string Text()
    {
        var text = new StringBuilder().AppendLine(Line()).AppendLine();
        foreach (var (fault, count) in Faults)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{count,4} × {fault}");
        }

        text.AppendLine();
        foreach (var trouble in Troubles)
        {
            text.AppendLine(trouble).AppendLine();
        }

        return text.AppendLine(Verdict.ToString()).ToString();
    }
}
