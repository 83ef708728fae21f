using System.Collections.Immutable;
using System.Globalization;
using KvStore.Messages.Routing;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Model;

namespace KvStore.Specs.Robustness.Verdict;

internal enum RunResult
{
    Pass,
    Violation,
    Undecided,
    Invalid,
}

/// <summary>What a run shows. Only <see cref="RunResult.Pass"/> is good: nothing was broken, and enough happened to say so.</summary>
internal sealed record RunVerdict(RunResult Result, ImmutableArray<Finding> Findings, string Counts)
{
    /// <param name="nodes">The names of all nodes that ever ran.</param>
    /// <param name="leases">What became of the shards' leases; null where that was not recorded.</param>
    /// <param name="maxSteps">Of the search for each key.</param>
    /// <param name="isScripted">The requests were chosen one by one, so that their number says nothing.</param>
    public static RunVerdict Judge(
        RunHistory history,
        IReadOnlyCollection<string> nodes,
        IReadOnlyCollection<LeaseChange>? leases = null,
        int shards = ShardMap.DefaultShards,
        int maxSteps = KeyJudge.DefaultMaxSteps,
        bool isScripted = false)
    {
        ImmutableArray<Finding> findings =
        [
            .. AnswerCheck.Of(history, nodes),
            .. VersionCheck.Of(history),
            .. EndCheck.Of(history),
            .. LinearizabilityCheck.Of(history, maxSteps),
            .. ListingCheck.Of(history),
            .. leases is null ? [] : new OwnerCheck(leases, shards).Of(history),
            .. isScripted ? [] : TrafficCheck.Of(history),
        ];
        return new RunVerdict(ResultOf(findings), findings, OperationCounts.Of(history));
    }

    public override string ToString()
    {
        var text = Findings.Select(finding => $"{finding.Kind} ({finding.Check}): {finding.Text}").Prepend($"verdict: {Result}").Append(Counts);
        return string.Join('\n', text);
    }

    private static RunResult ResultOf(ImmutableArray<Finding> findings)
    {
        if (findings.Any(finding => finding.Kind == FindingKind.Violation))
        {
            return RunResult.Violation;
        }

        if (findings.Any(finding => finding.Kind == FindingKind.Undecided))
        {
            return RunResult.Undecided;
        }

        return findings.IsEmpty ? RunResult.Pass : RunResult.Invalid;
    }
}

/// <summary>A table of what was asked and what came of it.</summary>
internal static class OperationCounts
{
    public static string Of(RunHistory history)
    {
        var lines = history.Operations.GroupBy(operation => operation.Kind).OrderBy(kind => kind.Key).Select(kind =>
        {
            var outcomes = kind.GroupBy(operation => operation.Outcome).OrderBy(outcome => outcome.Key);
            return $"  {kind.Key}: {string.Join(", ", outcomes.Select(outcome => $"{outcome.Key} {outcome.Count()}"))}";
        });
        var rate = history.Traffic is { } traffic && traffic.End > traffic.Start
            ? $", {TrafficCheck.RateOf(history, traffic).ToString("0", CultureInfo.InvariantCulture)} a second"
            : "";
        return $"{history.Operations.Count} operations{rate}\n{string.Join('\n', lines)}";
    }
}
