using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>
/// Every acknowledged write is there at the end, or a later one in its place. Follows from the order of the operations; said by
/// itself because it is what matters most, and because a key that nobody read at the end shows nothing.
/// </summary>
internal static class EndCheck
{
    private const string Name = "acknowledged writes at the end";

    public static IEnumerable<Finding> Of(RunHistory history)
    {
        var unread = new List<string>();
        foreach (var key in history.Operations.Where(operation => operation.Kind != OperationKind.List).GroupBy(operation => operation.Key))
        {
            var writes = key.Where(operation => operation is { IsWrite: true, Outcome: Outcome.Done }).ToArray();
            if (writes.Length == 0)
            {
                continue;
            }

            var last = writes.MaxBy(write => write.Version)!;
            var over = key.Where(operation => operation.IsWrite).Max(write => write.End);
            var reads = key.Where(operation => operation is { Kind: OperationKind.Get, Outcome: Outcome.Done or Outcome.Absent })
                .Where(read => read.Start >= over).ToArray();
            if (reads.Length == 0)
            {
                unread.Add(key.Key);
                continue;
            }

            var mayBeDeleted = last.Kind == OperationKind.Delete
                || key.Any(operation => operation is { Kind: OperationKind.Delete, Outcome: Outcome.Unknown or Outcome.Forbidden });
            var lost = reads.FirstOrDefault(read => read.Outcome == Outcome.Absent ? !mayBeDeleted : IsOlder(read, last));
            if (lost is not null)
            {
                yield return new Finding(
                    FindingKind.Violation, Name, $"key '{key.Key}': version {last.Version} is lost\n  {OperationText.Of(last)}\n  {OperationText.Of(lost)}");
            }
        }

        if (unread.Count > 0)
        {
            yield return new Finding(
                FindingKind.Invalid, Name, $"{unread.Count} keys were not read after their last write: {string.Join(", ", unread.Take(10))}");
        }
    }

    private static bool IsOlder(Operation read, Operation last) =>
        read.Version < last.Version || (read.Version == last.Version && read.Value != (last.Value ?? last.Sent));
}
