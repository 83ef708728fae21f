using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Contracts;

public abstract partial class KeyStoreContract
{
    /// <summary>UTF-16 and UTF-8 disagree where surrogate pairs meet U+E000 to U+FFFF.</summary>
    private static readonly string[] Awkward =
    [
        "a", "ab", "a b", "a%", "a_", "a'", "A", "b", "\u00E9", "e\u0301", "\uD7FF", "\uE000", "\uFFFD", "\uFFFF", "\U00010000", "\U0001F600",
        "\U0001F600x", "\U0010FFFF", "\U0010FFFF\U0010FFFF", "a\U0010FFFF", "a\U0010FFFFz", "a\uD7FF", "a\uE000",
    ];

    [SkippableFact]
    public async Task Pages_come_in_the_order_of_utf8_bytes_and_continue_after_the_last_key()
    {
        await FillAsync(0, Awkward);
        var expected = Awkward.ToList();
        expected.Sort((left, right) => Key.CompareUtf8(left, right));
        foreach (var size in new[] { 1, 4, Awkward.Length, 100 })
        {
            var seen = new List<string>();
            for (var isLast = false; !isLast;)
            {
                var page = Assert.Single(await PagesAsync(size, after: seen.LastOrDefault() ?? "", shards: 0));
                Assert.InRange(page.Keys.Length, 1, size);
                seen.AddRange(page.Keys.Select(key => key.Key));
                isLast = page.IsLast;
                Assert.Equal(seen.Count == expected.Count, isLast);
            }

            Assert.Equal(expected, seen);
        }
    }

    [SkippableFact]
    public async Task A_prefix_selects_the_keys_that_begin_with_it()
    {
        await FillAsync(0, Awkward);
        foreach (var prefix in Awkward.Concat(["zz", "a\U0010FFFFzz", "%", "\U0010FFFF\U0010FFFF\U0010FFFF", "a\0"]))
        {
            foreach (var after in Awkward.Append("").Append("\0"))
            {
                var expected = Awkward.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && Key.CompareUtf8(key, after) > 0).ToList();
                expected.Sort((left, right) => Key.CompareUtf8(left, right));
                var page = Assert.Single(await PagesAsync(100, prefix, after, shards: 0));
                Assert.Equal(expected, page.Keys.Select(key => key.Key));
                Assert.True(page.IsLast);
            }
        }
    }

    [SkippableFact]
    public async Task Tombstones_are_left_out_and_values_come_only_where_they_are_asked_for()
    {
        var epoch = await FillAsync(0, ["a", "b", "c", "d"]);
        await CommitAsync(A, Row("a", 0, epoch, 1, 2, null), Row("c", 0, epoch, 1, 2, null), Row("d", 0, epoch, 1, 2, "22"));
        var with = Assert.Single(await PagesAsync(2, values: true, shards: 0));
        Assert.Equal(
            [new ListedKey("b", new KeyVersion(1), JsonText.Of("1")), new ListedKey("d", new KeyVersion(2), JsonText.Of("22"))],
            with.Keys.AsEnumerable());
        Assert.True(with.IsLast);
        var without = Assert.Single(await PagesAsync(2, shards: 0));
        Assert.Equal([new ListedKey("b", new KeyVersion(1), null), new ListedKey("d", new KeyVersion(2), null)], without.Keys.AsEnumerable());
    }

    [SkippableFact]
    public async Task Each_shard_has_its_own_cursor_and_an_empty_one_an_empty_last_page()
    {
        await FillAsync(2, ["a", "b", "c"]);
        await FillAsync(7, ["b", "c", "d"]);
        var pages = await Store.ReadPagesAsync(new ListPages(
            [new ShardCursor(7, "b"), new ShardCursor(5, ""), new ShardCursor(2, "")], "", 2, int.MaxValue, false, NoContext()));
        Assert.Equal([7, 5, 2], pages.Select(page => page.Shard));
        Assert.Equal(["c d", "", "a b"], pages.Select(page => string.Join(' ', page.Keys.Select(key => key.Key))));
        Assert.Equal([true, true, false], pages.Select(page => page.IsLast));
    }

    [SkippableFact]
    public async Task The_answer_stops_at_its_bound_in_bytes_and_shards_without_a_turn_are_left_out()
    {
        var value = $"\"{new string('x', 998)}\"";
        await FillAsync(0, ["a", "b"], value);
        await FillAsync(1, ["a", "b", "c"], value);
        await FillAsync(2, ["a"], value);

        // Each entry has 1,001 bytes. The one that reaches the bound is the last.
        var pages = await PagesAsync(10, maxBytes: 3_004, values: true, shards: [0, 1, 3, 2]);
        Assert.Equal([0, 1], pages.Select(page => page.Shard));
        Assert.Equal(["a b", "a b"], pages.Select(page => string.Join(' ', page.Keys.Select(key => key.Key))));
        Assert.Equal([true, false], pages.Select(page => page.IsLast));

        // The bound is reached with the last key of a shard: that shard is done, the next was not looked at.
        pages = await PagesAsync(10, maxBytes: 2_002, values: true, shards: [0, 1, 3, 2]);
        Assert.Equal([true], pages.Select(page => page.IsLast));

        // An empty shard before the bound has had its turn.
        pages = await PagesAsync(10, maxBytes: 1_001, values: true, shards: [3, 2, 1]);
        Assert.Equal([3, 2], pages.Select(page => page.Shard));

        // There is always progress.
        pages = await PagesAsync(10, maxBytes: 1, values: true, shards: [1, 0]);
        Assert.Equal("a", Assert.Single(Assert.Single(pages).Keys).Key);

        // Without values their bytes do not count.
        pages = await PagesAsync(10, maxBytes: 100, shards: [0, 1, 2]);
        Assert.Equal(3, pages.Length);
    }

    [SkippableFact]
    public async Task A_long_listing_of_many_shards_finds_every_key_once()
    {
        var expected = new List<string>();
        for (var shard = 0; shard < Shards; shard++)
        {
            string[] keys = [.. Enumerable.Range(0, 50 * (shard % 4)).Select(number => $"key-{shard:D2}-{number:D4}")];
            await FillAsync(shard, keys);
            expected.AddRange(keys);
        }

        var after = Enumerable.Range(0, Shards).ToDictionary(shard => shard, _ => "");
        var seen = new List<string>();
        for (var call = 0; after.Count > 0; call++)
        {
            Assert.True(call < 1_000);
            var pages = await Store.ReadPagesAsync(new ListPages(
                [.. after.Select(cursor => new ShardCursor(cursor.Key, cursor.Value))],
                "key-",
                KeysPerShard: 999, MaxBytes: 700, Values: true, NoContext()));
            Assert.NotEmpty(pages);
            foreach (var page in pages)
            {
                seen.AddRange(page.Keys.Select(key => key.Key));
                after[page.Shard] = page.Keys.IsEmpty ? after[page.Shard] : page.Keys[^1].Key;
                if (page.IsLast)
                {
                    after.Remove(page.Shard);
                }
            }
        }

        seen.Sort(StringComparer.Ordinal);
        Assert.Equal(expected, seen);
    }

    [SkippableFact]
    public async Task Counts_are_of_keys_with_a_value_by_shard()
    {
        var epoch = await FillAsync(2, ["a", "b", "c"]);
        await FillAsync(9, ["a"]);
        await CommitAsync(A, Row("a", 2, epoch, 1, 2, null), Row("never", 2, epoch, 0, 2, null));
        var expected = new long[Shards];
        (expected[2], expected[9]) = (2, 1);
        Assert.Equal(expected, (await Store.CountKeysAsync(default)).AsEnumerable());
    }

    [SkippableFact]
    public async Task A_count_that_nobody_waits_for_ends()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        try
        {
            await Store.CountKeysAsync(cancelled.Token);
        }
        catch (OperationCanceledException)
        {
            // A short one may have been done before it noticed.
        }
    }

    private async Task<long> FillAsync(int shard, string[] keys, string value = "1")
    {
        var epoch = await AcquireAsync(A, shard);
        if (keys.Length > 0)
        {
            await CommitAsync(A, [.. keys.Select(key => Row(key, shard, epoch, 0, 1, value))]);
        }

        return epoch;
    }

    private Task<ImmutableArray<ShardPage>> PagesAsync(params int[] shards) => PagesAsync(100, shards: shards);

    private Task<ImmutableArray<ShardPage>> PagesAsync(
        int size, string prefix = "", string after = "", int maxBytes = int.MaxValue, bool values = false, params int[] shards) =>
        Store.ReadPagesAsync(new ListPages([.. shards.Select(shard => new ShardCursor(shard, after))], prefix, size, maxBytes, values, NoContext()));
}
