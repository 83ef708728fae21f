using System.Globalization;
using System.Text;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Verdict;

namespace KvStore.Specs.Robustness.Runs;

/// <param name="Sent">Requests of the traffic.</param>
/// <param name="Missed">Requests that were due while too many were under way.</param>
internal readonly record struct ClientCounts(long Sent, long Missed);

/// <summary>What came of a run.</summary>
/// <param name="Faults">How often each happened.</param>
/// <param name="Troubles">What kept the run from its end: a system that does not recover, a fault that cannot be mended.</param>
/// <param name="Recovery">From the mending of the last fault until every node was ready and saw all the others.</param>
internal sealed record RunReport(
    RunPlan Plan,
    IReadOnlyCollection<Operation> Operations,
    ClientCounts Clients,
    IReadOnlyDictionary<string, int> Faults,
    RunVerdict Verdict,
    IReadOnlyList<string> Troubles,
    TimeSpan Recovery,
    TimeSpan Took)
{
    public bool IsPass => Verdict.Result == RunResult.Pass && Troubles.Count == 0;

    /// <summary>Where history and logs lie; null after a pass.</summary>
    public string? Evidence { get; init; }

    public int Unknowns => Operations.Count(operation => operation.IsWrite && operation.Outcome == Outcome.Unknown);

    public int Writes => Operations.Count(operation => operation.IsWrite && operation.Outcome == Outcome.Done);

    /// <summary>One line.</summary>
    public string Line() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Plan.Seed,4} | {Plan.Description,-36} | {Operations.Count,6} operations, {Writes,6} writes, {Unknowns,5} unknown, {Clients.Missed,5} missed | {Faults.Values.Sum(),2} faults | recovered in {Recovery.TotalSeconds,4:F1} s | {Took.TotalSeconds,4:F0} s | {(IsPass ? "pass" : Verdict.Result == RunResult.Pass ? "NOT RECOVERED" : Verdict.Result.ToString().ToUpperInvariant())}");

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
