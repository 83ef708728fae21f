using KvStore.Bench.Load;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>As many requests as its connections give.</summary>
internal sealed class LoadedContestant(PeerPlan plan, Workload workload, string what = "") : Contestant(plan, what)
{
    /// <summary>A node that does not get through its keys in so many stretches is too slow for any figure.</summary>
    private const int MaxStretches = 40;

    public override async Task PrepareAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        Progress.Say($"  warming up {Name}");
        if (workload.TouchesAll && peer.Plan.Kind.IsKvStore() && peer.TouchedKeys < workload.Keys)
        {
            await TouchAllAsync(peer, options, cancel);
        }

        if (options.WarmUp > TimeSpan.Zero)
        {
            await WarmUpLoad.RunAsync(
                peer,
                () => Wrk.RunAsync(peer, workload, options.Connections, options.WarmUp, cancel),
                // All stores should be as large when they are measured.
                workload.Operation == Operation.Create ? WarmUp.LeastTurns : WarmUp.MostTurns);
        }
    }

    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        peer.ForgetPeak();
        var before = peer.CpuSeconds();
        var load = await Wrk.RunAsync(peer, workload, options.Connections, options.Duration, cancel);
        return Sample.Of(load, peer.CpuSeconds() - before, peer.PeakMebibytes());
    }

    private async Task TouchAllAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        var (read, touched) = (workload with { Operation = Operation.Get }, 0L);
        for (var stretch = 0; touched < workload.Keys && stretch < MaxStretches; stretch++)
        {
            touched += (await Wrk.RunAsync(peer, read, options.Connections, options.WarmUp, cancel, firstInOrder: touched)).Requests;
        }

        peer.TouchedKeys = workload.Keys;
    }
}
