using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>Each answer is one that the contract has, and names only nodes that there are.</summary>
internal static class AnswerCheck
{
    private const string Name = "answers";
    private const int MaxReported = 10;

    public static IEnumerable<Finding> Of(RunHistory history, IReadOnlyCollection<string> nodes) =>
        history.Operations.Select(operation => (operation, Fault: FaultOf(operation, nodes))).Where(answer => answer.Fault is not null).Take(MaxReported)
            .Select(answer => new Finding(
                FindingKind.Violation, Name, $"key '{answer.operation.Key}': {answer.Fault}\n  {OperationText.Of(answer.operation)}"));

    private static string? FaultOf(Operation operation, IReadOnlyCollection<string> nodes)
    {
        if (operation.Outcome == Outcome.Forbidden)
        {
            return "the contract has no such answer";
        }

        if (operation.Owner is { } owner && !nodes.Contains(owner))
        {
            return $"KvStore-Node is '{owner}', and there is no such node";
        }

        if (operation.FailedNode is { } failed && !nodes.Contains(failed))
        {
            return $"the node that failed is '{failed}', and there is no such node";
        }

        var stranger = operation.Lines.FirstOrDefault(line => line.Node is not null && !nodes.Contains(line.Node));
        return stranger is null ? null : $"'{stranger.Key}' is listed with the node '{stranger.Node}', and there is no such node";
    }
}
