using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Http.Gateway;

/// <summary>
/// Which node answered last for each shard. The region keeps to itself where it sends to, and goes on sending there until it
/// hears that the node is out of the cluster; the lease directory may know better by then, and so is no help in telling where
/// a request went. Safe for all threads; what one of two answers at the same moment leaves is good enough.
/// </summary>
internal sealed class ShardRoutes(IClusterViewSource views)
{
    private readonly ShardHolder?[] _last = new ShardHolder?[views.Current.Shards.Length];

    /// <summary>A key actor on this node has answered.</summary>
    public void Answered(Key key, string node)
    {
        ref var last = ref _last[ShardMap.ShardOf(key, _last.Length)];
        if (last?.Node != node && FindAddress(node) is { } address)
        {
            last = new ShardHolder(node, address);
        }
    }

    /// <summary>The node that answered last, or null where none did.</summary>
    public ShardHolder? Of(Key key)
    {
        var last = _last[ShardMap.ShardOf(key, _last.Length)];
        // Started again it may have another address.
        return last is { Node: { } node } && FindAddress(node) is { } address && address != last.Address ? last with { Address = address } : last;
    }

    /// <summary>
    /// Who most likely has the key's shard, if that is another node that is well: who answered last, or else the holder by the
    /// directory. Null where the region must be asked.
    /// </summary>
    public ShardHolder? FindPeer(Key key)
    {
        var view = views.Current;
        return (Of(key) ?? ShardHolders.Of(key, view)) is { } peer && peer.Address != view.Self.AkkaAddress
            && view.HasMemberAt(peer.Address, static member => member is { Status: "Up", Reachable: true })
                ? peer
                : null;
    }

    private string? FindAddress(string node)
    {
        foreach (var member in views.Current.Members)
        {
            if (member.Name == node)
            {
                return member.AkkaAddress;
            }
        }

        return null;
    }
}
