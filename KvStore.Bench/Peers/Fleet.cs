using KvStore.Bench.Support;

namespace KvStore.Bench.Peers;

/// <summary>The peers that run now.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly Dictionary<PeerPlan, Peer> _running = [];

    /// <summary>What is not needed any more goes before something else is started: idle nodes work too, a little.</summary>
    public async Task KeepOnlyAsync(IEnumerable<PeerPlan> needed)
    {
        foreach (var plan in _running.Keys.Except(needed).ToArray())
        {
            _running.Remove(plan, out var peer);
            await peer!.DisposeAsync();
        }
    }

    /// <exception cref="MissingToolException">It cannot be had on this machine.</exception>
    public async Task<Peer> GetAsync(PeerPlan plan, CancellationToken cancel)
    {
        if (!_running.TryGetValue(plan, out var peer))
        {
            _running[plan] = peer = await StartAsync(plan, cancel);
        }

        return peer;
    }

    public async ValueTask DisposeAsync() => await KeepOnlyAsync([]);

    private static async Task<Peer> StartAsync(PeerPlan plan, CancellationToken cancel)
    {
        Progress.Say($"  starting {plan.Title}{(plan.Keys > 0 ? $" with {plan.Keys:N0} keys of {plan.ValueBytes:N0} bytes" : "")}");
        return plan.Kind switch
        {
            PeerKind.Bare => await BarePeer.StartAsync(plan, cancel),
            PeerKind.Webdis => await WebdisPeer.StartAsync(plan, cancel),
            PeerKind.Etcd => await EtcdPeer.StartAsync(plan, cancel),
            _ => await KvStorePeer.StartAsync(plan, cancel),
        };
    }
}
