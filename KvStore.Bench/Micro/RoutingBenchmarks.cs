using BenchmarkDotNet.Attributes;
using KvStore.Messages.Keys;
using KvStore.Messages.Routing;

namespace KvStore.Bench.Micro;

/// <summary>Step 4 of a request's path: key to shard and to actor, as sharding asks for it at every message.</summary>
public class RoutingBenchmarks
{
    private static readonly string Plain = Samples.Key.Text;
    private static readonly string Long = "orders/2026/" + new string('x', 100);
    private readonly KeyMessageExtractor _extractor = new(ShardMap.DefaultShards);

    [Benchmark]
    public string? EntityId() => _extractor.EntityId(Samples.Get);

    [Benchmark]
    public string ShardId() => _extractor.ShardId(Plain, Samples.Get);

    [Benchmark]
    public string NewKeyAndItsEntityId() => Key.Parse(Plain).EntityId;

    [Benchmark]
    public string NewLongKeyAndItsEntityId() => Key.Parse(Long).EntityId;
}
