using System.Collections.Immutable;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// The definition itself, by trying every order of every choice: too slow for more than a handful of operations, and simple
/// enough to be believed. Shares nothing with the search but the records, and the merge of values.
/// </summary>
internal static class BruteForce
{
    public static bool CanExplain(KeyHistory history)
    {
        var operations = history.Operations
            .Where(operation => operation.Outcome is Outcome.Done or Outcome.Absent or Outcome.GuardFailed || MayHappen(operation))
            .ToImmutableList();
        return Explore(operations, [new State(0, null, null)]);

        bool Explore(ImmutableList<Operation> left, ImmutableList<State> states)
        {
            if (left.All(MayHappen) && history.Lines.All(line => WasListed(line, states)))
            {
                return true;
            }

            foreach (var next in left)
            {
                // Whatever has ended before it began comes first. What has no answer has no end.
                if (!left.Any(other => !MayHappen(other) && other.End < next.Start)
                    && Step(states[^1], next) is { } state
                    && Explore(left.Remove(next), state == states[^1] ? states : states.Add(state)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static bool MayHappen(Operation operation) => operation.IsWrite && operation.Outcome is Outcome.Unknown;

    /// <summary>All versions up to the one that was listed were written by writes that had begun.</summary>
    private static bool WasListed(SeenLine seen, ImmutableList<State> states) =>
        states.Any(state => state.Version == seen.Line.Version && state.Value == seen.Line.Value)
        && states.Where(state => state.Version <= seen.Line.Version).All(state => state.By is null || state.By.Start <= seen.End);

    /// <summary>Null where the answer cannot have come from this state.</summary>
    private static State? Step(State state, Operation operation)
    {
        var current = state.Value is null ? 0 : state.Version;
        if (operation.Outcome == Outcome.Absent)
        {
            return state.Value is null ? state : null;
        }

        if (operation.Outcome == Outcome.GuardFailed)
        {
            return current == operation.Version && !IsMet(operation, current) ? state : null;
        }

        if (operation.Kind == OperationKind.Get)
        {
            return state.Value == operation.Value && state.Version == operation.Version ? state : null;
        }

        if (!IsMet(operation, current) || (operation.Kind == OperationKind.Delete && state.Value is null))
        {
            return null;
        }

        var value = operation.Kind switch
        {
            OperationKind.Put => operation.Sent,
            OperationKind.Patch => ModelValue.Merge(state.Value, operation.Sent!),
            _ => null,
        };
        var fits = operation.Outcome == Outcome.Unknown
            || (operation.Version == state.Version + 1 && (operation.Kind == OperationKind.Delete || operation.Value == value));
        return fits ? new State(state.Version + 1, value, operation) : null;
    }

    private static bool IsMet(Operation operation, long current)
    {
        if (operation.IfVersion is { } version)
        {
            return current == version;
        }

        if (operation.IfMatch is { } match)
        {
            return current != 0 && (match == Operation.AnyVersion || match == current);
        }

        return operation.IfNoneMatch is not { } none || current == 0 || (none != Operation.AnyVersion && none != current);
    }

    private sealed record State(long Version, string? Value, Operation? By);
}
