using KvStore.Messages.Routing;
using KvStore.Node.Cluster.Allocation;

namespace KvStore.Specs.Node.Cluster.Allocation;

public sealed class ShardPlacementSpecs
{
    [Theory]
    [InlineData(1)]
    [InlineData(ShardMap.DefaultShards)]
    [InlineData(ShardMap.MaxShards)]
    public void It_has_a_key_of_each_shard(int shards) =>
        Assert.Equal(Enumerable.Range(0, shards), ShardPlacement.OneKeyOfEachShard(shards).Select(key => ShardMap.ShardOf(key, shards)));
}
