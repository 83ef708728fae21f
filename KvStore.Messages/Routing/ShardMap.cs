using KvStore.Messages.Keys;

namespace KvStore.Messages.Routing;

/// <summary>
/// Key to shard. A stored row holds its shard number, so the count and the hash belong to the store: both are written into it
/// when it is created, and a node that is configured otherwise refuses to start.
/// </summary>
public static class ShardMap
{
    public const int DefaultShards = 128;

    public const int MaxShards = 4_096;

    /// <summary>The name under which the store records how a shard is computed.</summary>
    public const string HashName = "xxhash3-64";

    public static int ShardOf(Key key, int shards)
    {
        ArgumentNullException.ThrowIfNull(key);
        return (int)(key.Hash % (uint)shards);
    }
}
