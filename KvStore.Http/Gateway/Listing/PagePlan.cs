namespace KvStore.Http.Gateway.Listing;

/// <summary>
/// How much of a listing is read ahead. Pages begin small, so that the first line is out soon, and grow, so that the last one
/// is too. What is buffered stays near <see cref="BudgetBytes"/> whatever the number and size of the keys; the floor under it
/// is one entry of each shard, without which nobody knows which key comes next.
/// </summary>
internal static class PagePlan
{
    /// <summary>Beyond this only shards without any entry are asked, for one entry each.</summary>
    public const long BudgetBytes = 16 * 1024 * 1024;

    /// <summary>The size at which one answer stops growing: well under what a frame between nodes may hold.</summary>
    public const int MaxBytesPerAnswer = 512 * 1024;

    /// <summary>Bounds the request: each of its cursors may be as long as a key.</summary>
    public const int MaxShardsPerRequest = 256;

    private const long AssumedEntryBytes = 128;

    private static ReadOnlySpan<int> Growth => [16, 64, 256, 512];

    /// <summary>Keys to ask for of each shard.</summary>
    /// <param name="round">Requests that the node had before this one.</param>
    /// <param name="shards">Shards of the whole store.</param>
    /// <param name="wanted">Lines that the listing may still give; nobody reads more of one shard.</param>
    /// <param name="seenKeys">Entries that came in so far, and <paramref name="seenBytes"/> what they took.</param>
    public static int KeysPerShard(int round, int shards, long wanted, long seenKeys, long seenBytes)
    {
        var average = seenKeys == 0 ? AssumedEntryBytes : Math.Max(1, seenBytes / seenKeys);

        // Half of the budget, because a shard holds up to half a page when it is asked for the next one.
        var affordable = BudgetBytes / 2 / shards / average;
        long grown = Growth[Math.Min(round, Growth.Length - 1)];
        return (int)Math.Max(1, Math.Min(Math.Min(grown, affordable), wanted));
    }

    /// <summary>Whether a shard is to be asked for its next page.</summary>
    public static bool IsLow(int remaining, int keysPerShard, long bufferedBytes) =>
        bufferedBytes > BudgetBytes ? remaining == 0 : remaining * 2 < keysPerShard;
}
