using System.Globalization;
using Akka.Cluster.Sharding;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Routing;

/// <summary>
/// Step 4 of a request's path: Akka's view of <see cref="ShardMap"/>. Total for every message and every string: an exception in here would restart the
/// region and stop every key actor of the node, which is what the stock <c>HashCodeMessageExtractor</c> of Akka 1.5.73 does
/// for the key <c>3Enh2biv)i</c>, because its hash is <see cref="int.MinValue"/>.
/// </summary>
public sealed class KeyMessageExtractor : IMessageExtractor
{
    private readonly string[] _shardIds;

    public KeyMessageExtractor(int shards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, ShardMap.MaxShards);
        _shardIds = [.. Enumerable.Range(0, shards).Select(shard => shard.ToString(CultureInfo.InvariantCulture))];
    }

    public string? EntityId(object message) => (message as IKeyMessage)?.Key.EntityId;

    public object? EntityMessage(object message) => message;

    public string ShardId(string entityId, object? messageHint = null) =>
        messageHint is IKeyMessage message
            ? _shardIds[ShardMap.ShardOf(message.Key, _shardIds.Length)]
            // Only sharding's own StartEntity comes without a message, and only entities that are remembered get one.
            : _shardIds[(int)(Fnv1A(entityId) % (uint)_shardIds.Length)];

    public string ShardId(object message) => ShardId("", message);

    private static uint Fnv1A(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16_777_619u;
        }

        return hash;
    }
}
