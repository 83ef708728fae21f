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

    /// <summary>Watches the holder by the lease directory, and whoever answered last: one of them the region sends to.</summary>
    public HolderWatch(Key key, IClusterViewSource views, ShardRoutes routes)
    {
        _views = views;
        var view = views.Current;
        ShardHolder?[] holders = [ShardHolders.Of(key, view), routes.Of(key)];
        _watched = [.. holders.OfType<ShardHolder>().DistinctBy(holder => holder.Address).Select(holder => (holder, view.LossesOf(holder.Address)))];
    }

    /// <summary>The node that is gone, or null as long as an answer may come.</summary>
    public ShardHolder? FindGone()
    {
        // Looked at now and then, so that a member may be downed, removed and even back under its address since the last time.
        var view = _views.Current;
        return _watched.FirstOrDefault(watched => view.LossesOf(watched.Holder.Address) > watched.Losses
            || view.Members.Any(member => member.AkkaAddress == watched.Holder.Address && member.Status == "Down")).Holder;
    }
}
