using KvStore.Bench.Peers;

namespace KvStore.Bench.Runs;

/// <summary>From the start of the process until it says that it is ready; the store is there already.</summary>
internal sealed class ColdStartContestant(PeerPlan plan) : Contestant(plan)
{
    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        var node = ((KvStorePeer)peer).Nodes[0];
        await node.TerminateAsync();
        peer.TouchedKeys = 0;
        var time = await node.StartAsync(cancel);
        return Sample.Of(new(Figures.Seconds, time.TotalSeconds), new(Figures.PeakMemory, peer.PeakMebibytes()));
    }
}
