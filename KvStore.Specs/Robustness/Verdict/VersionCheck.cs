using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>No version of a key is used twice, and none is left out but for writes whose outcome is unknown.</summary>
internal static class VersionCheck
{
    private const string Name = "versions";

    public static IEnumerable<Finding> Of(RunHistory history) =>
        history.Operations.Where(operation => operation.IsWrite).GroupBy(operation => operation.Key).SelectMany(key => OfKey(key.Key, [.. key]));

    private static IEnumerable<Finding> OfKey(string key, Operation[] writes)
    {
        var done = writes.Where(write => write.Outcome == Outcome.Done).ToLookup(write => write.Version ?? 0);
        foreach (var twice in done.Where(version => version.Count() > 1))
        {
            yield return new Finding(
                FindingKind.Violation, Name, $"key '{key}': version {twice.Key} was used twice\n  {string.Join("\n  ", twice.Select(OperationText.Of))}");
        }

        var missing = done.Count == 0 ? 0 : done.Max(version => version.Key) - done.Count;
        var unknown = writes.Count(write => write.Outcome is Outcome.Unknown or Outcome.Forbidden);
        if (missing > unknown)
        {
            yield return new Finding(
                FindingKind.Violation, Name, $"key '{key}': {missing} versions are nobody's, and only {unknown} writes have an unknown outcome");
        }
    }
}
