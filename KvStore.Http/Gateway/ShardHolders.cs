using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Http.Gateway;

internal static class ShardHolders
{
    /// <summary>The name of the node that held the key's shard at the last renewal, or null where nobody did.</summary>
    public static string? HolderOf(Key key, ClusterView view) =>
        Of(key, view)?.Node;

    /// <summary>Its cluster address.</summary>
    public static string? AddressOf(Key key, ClusterView view) => Of(key, view)?.NodeAkkaAddress;

    private static ShardView? Of(Key key, ClusterView view) =>
        view.Shards.IsDefaultOrEmpty ? null : view.Shards[ShardMap.ShardOf(key, view.Shards.Length)];
}
