using CsCheck;
using KvStore.Http.Gateway.Listing;
using KvStore.Messages.Routing;

namespace KvStore.Specs.Http.Gateway;

public sealed class PagePlanSpecs
{
    [Theory]
    [InlineData(0, 16)]
    [InlineData(1, 64)]
    [InlineData(2, 256)]
    [InlineData(3, 512)]
    [InlineData(1_000, 512)]
    public void Pages_begin_small_and_grow(int round, int keys) => Assert.Equal(keys, PagePlan.KeysPerShard(round, 128, long.MaxValue, 1, 100));

    [Fact]
    public void Nobody_asks_for_more_than_is_wanted() => Assert.Equal(3, PagePlan.KeysPerShard(3, 128, 3, 1, 100));

    [Fact]
    public void Pages_of_all_shards_stay_within_half_of_the_budget_or_are_one_key() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, ShardMap.MaxShards], Gen.Int[0, 20_000_000]).Sample((round, shards, average) =>
        {
            var keys = PagePlan.KeysPerShard(round, shards, long.MaxValue, 10, 10L * average);
            return keys == 1 || (long)keys * shards * average <= PagePlan.BudgetBytes / 2;
        });

    [Fact]
    public void Over_the_budget_only_an_empty_shard_is_low()
    {
        Assert.True(PagePlan.IsLow(7, 16, PagePlan.BudgetBytes));
        Assert.False(PagePlan.IsLow(8, 16, PagePlan.BudgetBytes));
        Assert.False(PagePlan.IsLow(1, 16, PagePlan.BudgetBytes + 1));
        Assert.True(PagePlan.IsLow(0, 16, PagePlan.BudgetBytes + 1));
    }
}
