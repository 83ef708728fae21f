using System.Text;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>
/// A listing has every key that was there all through the call, none that was absent all through it, each once, in the order
/// of their bytes; and no line is older than what was acknowledged before the call. Where the answers leave open whether a
/// key was there, nothing is asked of the listing. That each line was once written is for the order of its key's operations
/// (<see cref="LinearizabilityCheck"/>).
/// </summary>
internal static class ListingCheck
{
    private const string Name = "listings";
    private const int MaxReported = 10;

    public static IEnumerable<Finding> Of(RunHistory history)
    {
        var keys = history.Operations.Where(operation => operation.Kind != OperationKind.List)
            .GroupBy(operation => operation.Key).Select(key => new Presence(key.Key, [.. key])).ToArray();
        return history.Operations.Where(operation => operation is { Kind: OperationKind.List, Outcome: Outcome.Done })
            .SelectMany(listing => Faults(listing, keys).Take(MaxReported)
                .Select(fault => new Finding(FindingKind.Violation, Name, $"{fault}\n  {OperationText.Of(listing)}")));
    }

    private static IEnumerable<string> Faults(Operation listing, Presence[] keys)
    {
        byte[] former = [];
        foreach (var line in listing.Lines)
        {
            var bytes = Encoding.UTF8.GetBytes(line.Key);
            if (former.AsSpan().SequenceCompareTo(bytes) >= 0)
            {
                yield return $"'{line.Key}' does not come behind the key of the line before it";
            }

            former = bytes;
        }

        // Of a key that is there twice the lines before have told; any of the two will do here.
        var lines = listing.Lines.GroupBy(line => line.Key).ToDictionary(line => line.Key, line => line.First());
        var touched = new HashSet<string>();
        foreach (var key in keys.Where(key => key.Key.StartsWith(listing.Key, StringComparison.Ordinal)))
        {
            touched.Add(key.Key);
            if (!lines.TryGetValue(key.Key, out var line))
            {
                if (key.WasThere(listing.Start, listing.End) is { } evidence)
                {
                    yield return $"'{key.Key}' is missing, and was there: {OperationText.Of(evidence)}";
                }
            }
            else if (key.AcknowledgedBefore(listing.Start) is { } newest && line.Version < newest.Version)
            {
                yield return $"'{key.Key}' is listed at version {line.Version}, which was gone before: {OperationText.Of(newest)}";
            }
            else if (!key.MayHaveBeenThere(listing.End, line.Version ?? 0))
            {
                yield return $"'{key.Key}' is listed at version {line.Version}, and was absent all the time";
            }
        }

        foreach (var line in listing.Lines.Where(line => !touched.Contains(line.Key)))
        {
            yield return $"'{line.Key}' is listed, and nobody ever wrote it";
        }
    }
}
