using System.Collections.Immutable;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>All that is known of one key. Keys have nothing to do with each other, so each is judged alone.</summary>
/// <param name="Operations">All but the listings.</param>
/// <param name="Lines">Of the listings that came to their end.</param>
internal sealed record KeyHistory(string Key, ImmutableArray<Operation> Operations, ImmutableArray<SeenLine> Lines)
{
    public static IEnumerable<KeyHistory> Of(RunHistory history)
    {
        var lines = history.Operations
            .Where(operation => operation is { Kind: OperationKind.List, Outcome: Outcome.Done })
            .SelectMany(listing => listing.Lines.Select(line => new SeenLine(line, listing.Start, listing.End)))
            .ToLookup(seen => seen.Line.Key);
        var operations = history.Operations.Where(operation => operation.Kind != OperationKind.List).ToLookup(operation => operation.Key);
        return operations.Select(key => key.Key).Union(lines.Select(key => key.Key)).Order(StringComparer.Ordinal)
            .Select(key => new KeyHistory(key, [.. operations[key]], [.. lines[key]]));
    }

    /// <summary>
    /// What could be known at <paramref name="time"/>: what had not ended is under way. Of a history that can be explained each
    /// such beginning can be explained too.
    /// </summary>
    public KeyHistory Until(long time) => new(
        Key,
        [
            .. Operations.Where(operation => operation.Start <= time).Select(operation => operation.End <= time
                ? operation
                : operation with { Outcome = operation.IsWrite ? UnderWay(operation) : Outcome.NotApplied, Version = null, Value = null }),
        ],
        [.. Lines.Where(line => line.End <= time)]);

    private static Outcome UnderWay(Operation write) => write.Outcome is Outcome.Done or Outcome.Unknown or Outcome.Forbidden
        ? Outcome.Unknown
        : Outcome.NotApplied;
}

/// <param name="Start">Of the listing.</param>
/// <param name="End">Of the listing.</param>
internal sealed record SeenLine(ListedKey Line, long Start, long End);
