using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Model;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>Each key behaves as if there was one copy of it, and each operation happened at one moment of its time.</summary>
internal static class LinearizabilityCheck
{
    private const string Name = "linearizability";

    /// <summary>Each of them takes time to narrow, and a system that fails so often does not need more.</summary>
    private const int MaxReported = 5;

    private const int MaxAnswered = 30;

    private const int MaxOpen = 6;

    /// <param name="maxSteps">For each key.</param>
    public static IEnumerable<Finding> Of(RunHistory history, int maxSteps = KeyJudge.DefaultMaxSteps)
    {
        var reported = 0;
        foreach (var key in KeyHistory.Of(history))
        {
            var judgement = KeyJudge.Judge(key, maxSteps);
            if (judgement.Explanation == Explanation.Unfinished)
            {
                yield return new Finding(FindingKind.Undecided, Name, $"key '{key.Key}': no end after {maxSteps} steps; furthest was {judgement.Obstacle}");
            }
            else if (judgement.Explanation == Explanation.None)
            {
                yield return new Finding(FindingKind.Violation, Name, Report(judgement));
                if (++reported == MaxReported)
                {
                    yield break;
                }
            }
        }
    }

    private static string Report(KeyJudgement judgement)
    {
        var window = judgement.Window!;
        var start = judgement.Start is { Version: > 0 } state ? $"\n  from version {state.Version}, {state.Value ?? "deleted"}, on:" : "";
        var operations = window.Operations.OrderBy(operation => operation.Start).ToArray();

        // What has an answer contradicts; what has none only fails to explain it, and there can be hundreds of them.
        var answered = operations.Where(operation => operation.Outcome != Outcome.Unknown).TakeLast(MaxAnswered);
        var open = operations.Where(operation => operation.Outcome == Outcome.Unknown).TakeLast(MaxOpen);
        var shown = answered.Concat(open).OrderBy(operation => operation.Start).ToArray();
        var lines = shown.Select(OperationText.Of).Concat(window.Lines.Take(MaxAnswered).Select(seen =>
            $"{OperationText.Seconds(seen.Start)}–{OperationText.Seconds(seen.End)} s  listed: version {seen.Line.Version} {seen.Line.Value}"));
        var more = operations.Length > shown.Length
            ? $"\n  and {operations.Length - shown.Length} more, most of them writes without an answer by then"
            : "";
        return $"key '{judgement.Key}': no order explains these answers; {judgement.Obstacle}{start}\n  {string.Join("\n  ", lines)}{more}";
    }
}
