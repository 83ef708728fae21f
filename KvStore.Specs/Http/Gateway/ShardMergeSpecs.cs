using System.Collections.Immutable;
using System.Text;
using CsCheck;
using KvStore.Http.Gateway.Listing;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Http.Gateway;

public sealed class ShardMergeSpecs
{
    private static readonly Gen<string> KeyText =
        Gen.Char["ab/\"é\uE000"].Select(c => c.ToString()).Array[1, 4].Select(string.Concat)
            .SelectMany(text => Gen.Bool.Select(emoji => emoji ? text + "😀" : text));

    [Fact]
    public void Pages_in_any_rhythm_come_out_sorted_by_their_bytes_and_once() =>
        Gen.Select(KeyText.HashSet[0, 60], Gen.Int[1, 7], Gen.Int[1, 5], Gen.Int).Sample((keys, shards, pageSize, seed) =>
        {
            var random = new Random(seed);
            var shardOf = keys.ToDictionary(key => key, _ => random.Next(shards));
            var sources = Enumerable.Range(0, shards)
                .Select(shard => new Queue<string>(keys.Where(key => shardOf[key] == shard).Order(Utf8Order))).ToArray();
            var merge = new ShardMerge(shards, "");
            var taken = new List<string>();
            while (!merge.IsDone)
            {
                while (merge.TryTake(out var entry, out var shard))
                {
                    Assert.Equal(shardOf[entry.Key], shard);
                    taken.Add(entry.Key);
                }

                var open = Enumerable.Range(0, shards).Where(shard => !merge.IsLast(shard)).ToArray();
                if (open.Length > 0)
                {
                    var shard = open[random.Next(open.Length)];
                    Assert.Null(merge.Append(shard, NextPage(sources[shard], pageSize), sources[shard].Count == 0));
                }
            }

            Assert.Equal(keys.Order(Utf8Order), taken);
            Assert.Equal(0, merge.BufferedBytes);
        });

    [Fact]
    public void Nothing_is_taken_while_a_shard_may_still_have_an_earlier_key()
    {
        var merge = new ShardMerge(2, "");
        Assert.Null(merge.Append(0, Page("b"), isLast: true));
        Assert.False(merge.TryTake(out _, out _));
        Assert.Null(merge.Append(1, Page("a"), isLast: false));
        Assert.True(merge.TryTake(out var entry, out _));
        Assert.Equal("a", entry.Key);
        Assert.False(merge.TryTake(out _, out _));
        Assert.Null(merge.Append(1, [], isLast: true));
        Assert.True(merge.TryTake(out entry, out _));
        Assert.Equal("b", entry.Key);
        Assert.True(merge.IsDone);
    }

    [Fact]
    public void A_page_that_does_not_go_on_from_the_cursor_is_a_fault()
    {
        var merge = new ShardMerge(1, "c");
        Assert.NotNull(merge.Append(0, Page("c"), isLast: false));
        Assert.Null(merge.Append(0, Page("d", "f"), isLast: false));
        Assert.NotNull(merge.Append(0, Page("e"), isLast: false));
        Assert.NotNull(merge.Append(0, [], isLast: false));
        Assert.Equal("f", merge.Cursor(0));
    }

    [Fact]
    public void What_is_buffered_is_counted_with_its_values()
    {
        var merge = new ShardMerge(1, "");
        Assert.Null(merge.Append(0, [new ListedKey("ab", new KeyVersion(1), JsonText.Of("12345"))], isLast: true));
        Assert.Equal(64 + 4 + 5, merge.BufferedBytes);
    }

    private static Comparer<string> Utf8Order { get; } =
        Comparer<string>.Create((left, right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)));

    private static ImmutableArray<ListedKey> Page(params string[] keys) => [.. keys.Select(key => new ListedKey(key, new KeyVersion(1), null))];

    private static ImmutableArray<ListedKey> NextPage(Queue<string> source, int size) =>
        Page([.. Enumerable.Range(0, Math.Min(size, source.Count)).Select(_ => source.Dequeue())]);
}
