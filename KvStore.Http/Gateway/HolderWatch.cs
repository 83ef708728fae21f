using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>
/// Whether the node that a request went to has gone without a farewell while the request waited. Then no answer will come, and
/// there is no use in waiting for it until the time is over. A node that leaves in good order hands its shards on first: who
/// waits for one of those is served by the next holder.
/// </summary>
internal sealed class HolderWatch(Key key, IClusterViewSource views)
{
    private readonly string? _address = ShardHolders.AddressOf(key, views.Current);
    private bool _wasLost;

    public bool IsGone()
    {
        if (_address is null)
        {
            return false;
        }

        var member = views.Current.Members.FirstOrDefault(member => member.AkkaAddress == _address);
        _wasLost |= member is { Reachable: false };
        return member is null ? _wasLost : member.Status == "Down";
    }
}
