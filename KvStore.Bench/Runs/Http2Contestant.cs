using KvStore.Bench.Load;
using KvStore.Bench.Peers;

namespace KvStore.Bench.Runs;

/// <summary>As <see cref="LoadedContestant"/>, over HTTP/2.</summary>
internal sealed class Http2Contestant(PeerPlan plan, Workload workload, string what) : Contestant(plan, what)
{
    public override async Task PrepareAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        H2Load.Require();
        if (options.WarmUp > TimeSpan.Zero)
        {
            await WarmUpLoad.RunAsync(peer, () => H2Load.RunAsync(peer, workload, options.Connections, options.WarmUp, cancel));
        }
    }

    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        peer.ForgetPeak();
        var before = peer.CpuSeconds();
        var load = await H2Load.RunAsync(peer, workload, options.Connections, options.Duration, cancel);
        return Sample.Of(load, peer.CpuSeconds() - before, peer.PeakMebibytes());
    }
}
