using System.Collections.Immutable;

namespace KvStore.Http.Gateway;

/// <summary>
/// Counts the keys of each shard in the store. Counting costs, so the answer may be some time old; older still where the store does
/// not answer.
/// </summary>
public interface IKeyCounts
{
    /// <exception cref="OperationCanceledException"><paramref name="cancelled"/>, and nothing was ever counted.</exception>
    ValueTask<KeyCounts> GetAsync(CancellationToken cancelled);
}

/// <param name="ByShard">Keys that have a value, by shard number.</param>
/// <param name="CountedAt">When that was so.</param>
public sealed record KeyCounts(ImmutableArray<long> ByShard, DateTimeOffset CountedAt);
