using KvStore.Messages.Keys;
using KvStore.Messages.Routing;

namespace KvStore.Bench.Data;

/// <summary>The rows of a store in the order of its primary key, so that filling it costs no random access to its index.</summary>
internal static class RowOrder
{
    public static IEnumerable<(int Shard, string Key)> Of(long keys)
    {
        var byShard = Enumerable.Range(0, ShardMap.DefaultShards).Select(_ => new List<int>()).ToArray();
        for (var number = 0; number < keys; number++)
        {
            byShard[ShardMap.ShardOf(Key.Parse(BenchKeys.Of(number)), ShardMap.DefaultShards)].Add(number);
        }

        return byShard.SelectMany((numbers, shard) => numbers.Select(number => (shard, BenchKeys.Of(number))));
    }
}
