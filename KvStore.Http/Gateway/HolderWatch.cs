using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>
/// Whether a node that a request may have gone to has gone without a farewell while the request waited. Then no answer will
/// come, and there is no use in waiting for it until the time is over. A node that leaves in good order hands its shards on
/// first: who waits for one of those is served by the next holder.
/// </summary>
internal readonly struct HolderWatch
{
    private readonly IClusterViewSource _views;
    private readonly ClusterView _begun;
    private readonly ImmutableArray<ShardHolder> _others;

    private HolderWatch(IClusterViewSource views, ClusterView begun, ShardHolder? likely, ImmutableArray<ShardHolder> others) =>
        (_views, _begun, Likely, _others) = (views, begun, likely, others);

    /// <summary>Where the request goes most likely, or null.</summary>
    public ShardHolder? Likely { get; }

    /// <summary>Of a request to an actor of this node.</summary>
    public static HolderWatch OfThisNode(IClusterViewSource views)
    {
        var view = views.Current;
        return new HolderWatch(views, view, new ShardHolder(view.Self.Name, view.Self.AkkaAddress), []);
    }

    /// <summary>Of a request that goes to <paramref name="peer"/> and nobody else.</summary>
    public static HolderWatch OfPeer(IClusterViewSource views, ShardHolder peer) => new(views, views.Current, peer, []);

    /// <summary>
    /// Of a request by the region. Where that sends to is its secret. Mostly it is the holder by the lease directory, or else who
    /// answered last; where the directory names nobody, as for a shard that nobody asked for in a while, it may be any member.
    /// </summary>
    public static HolderWatch OfWhoeverHolds(Key key, IClusterViewSource views, ShardRoutes routes)
    {
        var view = views.Current;
        var (holder, route) = (ShardHolders.Of(key, view), routes.Of(key));
        if (holder is not null)
        {
            return new HolderWatch(views, view, holder, route is null ? [] : [route]);
        }

        var others = view.Members.Where(member => member.AkkaAddress != view.Self.AkkaAddress)
            .Select(member => new ShardHolder(member.Name, member.AkkaAddress));
        return new HolderWatch(views, view, route, [.. others]);
    }

    /// <summary>Where the request would go most likely, if that is a member that is downed and not removed yet; else null.</summary>
    public ShardHolder? FindDowned() => Likely is not null && IsDown(_views.Current, Likely) ? Likely : null;

    /// <summary>The node that is gone, or null as long as an answer may come.</summary>
    public ShardHolder? FindGone()
    {
        // Looked at now and then, so that a member may be downed, removed and even back under its address since the last time.
        var view = _views.Current;
        if (Likely is not null && IsGone(view, Likely))
        {
            return Likely;
        }

        foreach (var other in _others)
        {
            if (IsGone(view, other))
            {
                return other;
            }
        }

        return null;
    }

    private bool IsGone(ClusterView view, ShardHolder holder) =>
        view.LossesOf(holder.Address) > _begun.LossesOf(holder.Address) || IsDown(view, holder);

    private static bool IsDown(ClusterView view, ShardHolder holder) =>
        view.HasMemberAt(holder.Address, static member => member.Status == "Down");
}
