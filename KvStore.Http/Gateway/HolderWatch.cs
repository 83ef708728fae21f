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
    private readonly ShardHolder? _likely;
    private readonly ImmutableArray<(ShardHolder Holder, int Losses)> _watched;

    /// <summary>
    /// Where the region sends to is its secret. Mostly it is the holder by the lease directory, or else who answered last; where
    /// the directory names nobody, as for a shard that nobody asked for in a while, it may be any member.
    /// </summary>
    public HolderWatch(Key key, IClusterViewSource views, ShardRoutes routes)
    {
        _views = views;
        var view = views.Current;
        var (holder, route) = (ShardHolders.Of(key, view), routes.Of(key));
        _likely = holder ?? route;
        ShardHolder?[] known = [holder, route];
        var others = holder is not null
            ? []
            : view.Members.Where(member => member.AkkaAddress != view.Self.AkkaAddress)
                .Select(member => new ShardHolder(member.Name, member.AkkaAddress));
        _watched =
        [
            .. known.OfType<ShardHolder>().Concat(others).DistinctBy(watched => watched.Address)
                .Select(watched => (watched, view.LossesOf(watched.Address))),
        ];
    }

    /// <summary>Where the request would go most likely, if that is a member that is downed and not removed yet; else null.</summary>
    public ShardHolder? FindDowned() => _likely is not null && IsDown(_views.Current, _likely) ? _likely : null;

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
