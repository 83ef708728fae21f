using System.Collections.Concurrent;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// The links of this node to others. Requests go by them past the shard region, by a guess of who has the key's shard: a wrong guess is
/// answered as such, and the region is asked instead. Safe for all threads.
/// </summary>
public sealed class NodeLinks
{
    private readonly ConcurrentDictionary<string, AskingLink> _links = new();

    private volatile Action<string>? _seek;

    /// <summary>Links by which other nodes can be asked.</summary>
    public int Open => _links.Count;

    /// <summary>The actor that finds the other ends has started.</summary>
    /// <param name="seek">Asks for a link to the node of an address; called often.</param>
    internal void Start(Action<string> seek) => _seek = seek;

    /// <summary>Requests go there from now on, until the link breaks or is closed.</summary>
    internal async Task RunAsync(AskingLink link)
    {
        _links[link.Address] = link;
        await link.RunAsync().ConfigureAwait(false);
        _links.TryRemove(KeyValuePair.Create(link.Address, link));
    }

    /// <summary>The link to the node of an address; null where none may be asked, and it is looked for where there is none.</summary>
    internal AskingLink? Find(string address)
    {
        if (_links.TryGetValue(address, out var link))
        {
            return link.MayAsk ? link : null;
        }

        _seek?.Invoke(address);
        return null;
    }
}
