using System.Collections.Immutable;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>Whether the history of a key can be explained, and where not, the fewest operations that show it.</summary>
internal static class KeyJudge
{
    public const int DefaultMaxSteps = 2_000_000;

    /// <summary>Each look at a smaller history may be as long as the first one; a report is worth seconds, not minutes.</summary>
    private const int MaxLooks = 400;

    public static KeyJudgement Judge(KeyHistory history, int maxSteps = DefaultMaxSteps)
    {
        var search = new KeySearch(new KeyFacts(history), maxSteps);
        var explanation = search.Run();
        if (explanation != Explanation.None)
        {
            return new KeyJudgement(history.Key, explanation, explanation == Explanation.Found ? null : search.Obstacle, null);
        }

        var (start, window) = Narrow(history, maxSteps);
        var narrowed = new KeySearch(new KeyFacts(window, start), maxSteps);
        narrowed.Run();
        return new KeyJudgement(history.Key, Explanation.None, narrowed.Obstacle, window) { Start = start };
    }

    /// <summary>
    /// Cuts off what came later than the first moment at which no explanation is left, then what came before the last
    /// version that may be taken for granted, then the reads that do not matter. All of that only takes requirements away, so
    /// what remains without an explanation is a proof by itself.
    /// </summary>
    private static (KeyStart Start, KeyHistory Window) Narrow(KeyHistory history, int maxSteps)
    {
        var times = history.Operations.Select(operation => operation.End).Concat(history.Lines.Select(line => line.End)).Distinct().Order().ToArray();
        var window = history.Until(times[First(times.Length, i => Fails(history.Until(times[i]), null, maxSteps))]);

        var starts = Starts(window);
        var begin = First(starts.Length, i => Fails(window, starts[i], maxSteps));
        var start = begin < starts.Length ? starts[begin] : KeyStart.Beginning;
        window = WithoutFormer(window, start);
        for (var (size, looks) = (Math.Max(1, window.Operations.Length / 2), 0); size >= 1 && looks < MaxLooks; size /= 2)
        {
            for (var at = 0; at < window.Operations.Length && looks < MaxLooks; looks++)
            {
                var chunk = window.Operations.Skip(at).Take(size).Where(operation => !MayWrite(operation)).ToHashSet(ReferenceEqualityComparer.Instance);
                var smaller = window with { Operations = [.. window.Operations.Where(operation => !chunk.Contains(operation))] };
                if (chunk.Count > 0 && Fails(smaller, start, maxSteps))
                {
                    window = smaller;
                }
                else
                {
                    at += size;
                }
            }
        }

        var withoutLines = window with { Lines = [] };
        return (start, Fails(withoutLines, start, maxSteps) ? withoutLines : window);
    }

    private static bool Fails(KeyHistory history, KeyStart? start, int maxSteps) =>
        new KeySearch(new KeyFacts(history, start), maxSteps).Run() == Explanation.None;

    private static bool MayWrite(Operation operation) =>
        operation.IsWrite && operation.Outcome is Outcome.Done or Outcome.Unknown or Outcome.Forbidden;

    /// <summary>The states that somebody saw whole, the last one first.</summary>
    private static ImmutableArray<KeyStart> Starts(KeyHistory history)
    {
        var facts = new KeyFacts(history);
        return
        [
            .. facts.Versions
                .Where(version => version.Value.Value is not null || version.Value.Writer?.Kind == OperationKind.Delete)
                .OrderByDescending(version => version.Key)
                .Select(version => new KeyStart(
                    version.Key, version.Value.Value, version.Value.Writer?.Start ?? long.MinValue, version.Value.Latest)),
        ];
    }

    private static KeyHistory WithoutFormer(KeyHistory history, KeyStart start) => history with
    {
        Operations =
        [
            .. history.Operations
                .Where(operation => operation.Outcome != Outcome.NotApplied || operation.IsWrite)
                .Where(operation => !(operation.Outcome is Outcome.Done or Outcome.GuardFailed && operation.Version > 0 && operation.Version < start.Version))
                .OrderBy(operation => operation.Start),
        ],
        Lines = [.. history.Lines.Where(line => line.Line.Version >= start.Version)],
    };

    /// <summary>The first index for which it is true, given that it is true for all that follow; the count where it is for none.</summary>
    private static int First(int count, Func<int, bool> isTrue)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isTrue(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}

/// <param name="Obstacle">Why there is no explanation, or where the search came furthest, as far as one reason can be named.</param>
/// <param name="Window">The fewest operations found that have none; null where there is an explanation, or none was found in time.</param>
internal sealed record KeyJudgement(string Key, Explanation Explanation, string? Obstacle, KeyHistory? Window)
{
    /// <summary>What the window begins with.</summary>
    public KeyStart? Start { get; init; }
}
