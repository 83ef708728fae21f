using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Http.Gateway;

/// <summary>A node that a shard's requests go to.</summary>
/// <param name="Node">Its name, or null where nobody knows it yet.</param>
/// <param name="Address">Its cluster address.</param>
internal sealed record ShardHolder(string? Node, string Address);

internal static class ShardHolders
{
    /// <summary>The name of the node that held the key's shard at the last renewal, or null where nobody did.</summary>
    public static string? HolderOf(Key key, ClusterView view) => Of(key, view)?.Node;

    /// <inheritdoc cref="HolderOf"/>
    public static ShardHolder? Of(Key key, ClusterView view) =>
        !view.Shards.IsDefaultOrEmpty && view.Shards[ShardMap.ShardOf(key, view.Shards.Length)] is { Node: { } node, NodeAkkaAddress: { } address }
            ? new ShardHolder(node, address)
            : null;
}
