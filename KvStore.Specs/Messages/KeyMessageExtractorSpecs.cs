using System.Globalization;
using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Specs.Messages;

public sealed class KeyMessageExtractorSpecs
{
    private readonly KeyMessageExtractor _extractor = new(ShardMap.DefaultShards);

    // Rows lie in the store under these numbers. A change here is a change of the store's format, never a correction.
    [Theory]
    [InlineData("a", 0xE6C6_32B6_1E96_4E1F, 31)]
    [InlineData("abc", 0x78AF_5F94_892F_3950, 80)]
    [InlineData("user-17", 0x7D94_013A_7349_7C81, 1)]
    [InlineData("a/b", 0x48F7_1E94_7586_0604, 4)]
    [InlineData("3Enh2biv)i", 0xE60F_40F8_C3FC_CBFE, 126)]
    [InlineData("\u00E9t\u00E9", 0x4527_085B_35EB_8255, 85)]
    [InlineData("\U0001F511", 0x6F2F_03B7_A480_A5DE, 94)]
    public void The_shard_of_a_key_never_changes(string text, ulong hash, int shard)
    {
        var key = Key.Parse(text);
        Assert.Equal(hash, key.Hash);
        Assert.Equal(shard, ShardMap.ShardOf(key, 128));
        Assert.Equal(shard.ToString(CultureInfo.InvariantCulture), _extractor.ShardId(key.EntityId, Get(key)));
    }

    [Theory]
    [InlineData(240, 0xAA79_7E2A_991A_7490)]
    [InlineData(241, 0x26D4_3597_C334_7BA2)]
    [InlineData(512, 0xFCD9_011F_5117_0A58)]
    public void The_hash_of_a_long_key_never_changes(int length, ulong hash) => Assert.Equal(hash, Key.Parse(new string('k', length)).Hash);

    [Fact]
    public void What_the_store_is_told_of_the_hash_never_changes()
    {
        Assert.Equal("xxhash3-64", ShardMap.HashName);
        Assert.Equal(128, ShardMap.DefaultShards);
    }

    [Fact]
    public void A_message_is_routed_by_its_key() => KeyGen.Key.Sample(key =>
    {
        var message = Get(key);
        Assert.Equal(key.EntityId, _extractor.EntityId(message));
        Assert.Same(message, _extractor.EntityMessage(message));
        Assert.Equal(ShardMap.ShardOf(key, 128).ToString(CultureInfo.InvariantCulture), _extractor.ShardId(key.EntityId, message));
    });

    [Fact]
    public void What_is_no_message_for_a_key_has_no_entity()
    {
        Assert.Null(_extractor.EntityId("text"));
        Assert.Null(_extractor.EntityId(GetNodeStatus.Instance));
    }

    [Fact]
    public void Every_string_has_a_shard_with_or_without_a_message()
    {
        string[] odd = ["", ".", "..", "\uD800", "\uDC00\uD800", "a\uDFFF", "\0", "3Enh2biv)i", new('x', 100_000)];
        foreach (var id in odd)
        {
            Assert.InRange(int.Parse(_extractor.ShardId(id), CultureInfo.InvariantCulture), 0, 127);
            Assert.InRange(int.Parse(_extractor.ShardId(id, "no message for a key"), CultureInfo.InvariantCulture), 0, 127);
        }
    }

    [Fact]
    public void Every_random_string_has_a_shard() => Gen.Select(Gen.String, Gen.Int[1, ShardMap.MaxShards]).Sample((id, shards) =>
        Assert.InRange(int.Parse(new KeyMessageExtractor(shards).ShardId(id), CultureInfo.InvariantCulture), 0, shards - 1), iter: 1_000);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ShardMap.MaxShards + 1)]
    public void A_shard_count_out_of_bounds_is_refused(int shards) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyMessageExtractor(shards));

    [Theory]
    [InlineData("user-{0}")]
    [InlineData("{0}")]
    [InlineData("orders/2026/{0}/lines")]
    [InlineData("\u20AC{0}\U0001F511")]
    public void Keys_that_are_counted_up_spread_evenly(string format)
    {
        const int Shards = 128;
        const int Keys = 128_000;
        var counts = new int[Shards];
        for (var i = 0; i < Keys; i++)
        {
            counts[ShardMap.ShardOf(Key.Parse(string.Format(CultureInfo.InvariantCulture, format, i)), Shards)]++;
        }

        // Chi-square with 127 degrees of freedom: mean 127, standard deviation 16. Six of those above is one in a billion.
        const double Expected = (double)Keys / Shards;
        var chiSquare = counts.Sum(count => (count - Expected) * (count - Expected) / Expected);
        Assert.InRange(chiSquare, 0, 127 + (6 * 16));
    }

    private static GetValue Get(Key key) =>
        new(key, Precondition.None, AllowStale: false, new("request", Deadline.After(TimeSpan.FromSeconds(1), TimeProvider.System)));
}
