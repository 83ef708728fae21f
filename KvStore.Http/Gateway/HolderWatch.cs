using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>
/// Whether a node that a request may have gone to has gone without a farewell while the request waited. Then no answer will
/// come, and there is no use in waiting for it until the time is over. A node that leaves in good order hands its shards on
/// first: who waits for one of those is served by the next holder.
/// </summary>
internal sealed class HolderWatch
{
    private readonly IClusterViewSource _views;
    private readonly ImmutableArray<(ShardHolder Holder, int Losses)> _watched;

    private HolderWatch(IClusterViewSource views, ShardHolder? likely, IEnumerable<ShardHolder> watched)
    {
        var view = views.Current;
        (_views, Likely) = (views, likely);
        _watched = [.. watched.DistinctBy(holder => holder.Address).Select(holder => (holder, view.LossesOf(holder.Address)))];
    }

    /// <summary>Where the request goes most likely, or null.</summary>
    public ShardHolder? Likely { get; }

    /// <summary>Of a request to an actor of this node.</summary>
    public static HolderWatch OfThisNode(IClusterViewSource views)
    {
        var self = views.Current.Self;
        var holder = new ShardHolder(self.Name, self.AkkaAddress);
        return new HolderWatch(views, holder, [holder]);
    }

    /// <summary>Of a request that goes to <paramref name="peer"/> and nobody else.</summary>
    public static HolderWatch OfPeer(IClusterViewSource views, ShardHolder peer) => new(views, peer, [peer]);

    /// <summary>
    /// Of a request by the region. Where that sends to is its secret. Mostly it is the holder by the lease directory, or else who
    /// answered last; where the directory names nobody, as for a shard that nobody asked for in a while, it may be any member.
    /// </summary>
    public static HolderWatch OfWhoeverHolds(Key key, IClusterViewSource views, ShardRoutes routes)
    {
        var view = views.Current;
        var (holder, route) = (ShardHolders.Of(key, view), routes.Of(key));
        ShardHolder?[] known = [holder, route];
        var others = holder is not null
            ? []
            : view.Members.Where(member => member.AkkaAddress != view.Self.AkkaAddress)
                .Select(member => new ShardHolder(member.Name, member.AkkaAddress));
        return new HolderWatch(views, holder ?? route, known.OfType<ShardHolder>().Concat(others));
    }

    /// <summary>Where the request would go most likely, if that is a member that is downed and not removed yet; else null.</summary>
    public ShardHolder? FindDowned() => Likely is not null && IsDown(_views.Current, Likely) ? Likely : null;

    /// <summary>The node that is gone, or null as long as an answer may come.</summary>
    public ShardHolder? FindGone()
    {
        // Looked at now and then, so that a member may be downed, removed and even back under its address since the last time.
        var view = _views.Current;
        return _watched.FirstOrDefault(watched => view.LossesOf(watched.Holder.Address) > watched.Losses
            || IsDown(view, watched.Holder)).Holder;
    }

    private static bool IsDown(ClusterView view, ShardHolder holder) =>
        view.Members.Any(member => member.AkkaAddress == holder.Address && member.Status == "Down");
}
