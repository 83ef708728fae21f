using KvStore.Bench.Data;
using KvStore.Bench.Load;
using KvStore.Bench.Load.Paced;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>
/// First as many requests as the connections give, then a share of that at a steady pace. Both by the same generator: it has
/// its own cost, and another one's top rate would not be this one's.
/// <para>
/// A node begins with nothing to collect. What a turn of writes leaves would else be collected in the next turn of reads, and one
/// long pause is a hundredth of all requests of a short turn.
/// </para>
/// </summary>
internal sealed class PacedContestant(PeerPlan plan, Workload workload, double share, string what) : Contestant(plan, what)
{
    private const int DifferentRequests = 20_000;

    private readonly LoadedContestant _warmUp = new(plan, workload, what);

    public override Task PrepareAsync(Peer peer, BenchOptions options, CancellationToken cancel) => _warmUp.PrepareAsync(peer, options, cancel);

    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        foreach (var node in (peer as KvStorePeer)?.Nodes ?? [])
        {
            await GarbageCollection.CollectAsync(node.ProcessId, cancel);
        }

        var requests = Requests(peer.Dialect);
        var top = await PacedLoad.RunAsync(peer.Addresses, requests, options.Connections, null, options.Duration, cancel);
        if (top.Fault is { } fault)
        {
            return Sample.Broken(fault);
        }

        var paced = await PacedLoad.RunAsync(peer.Addresses, requests, options.Connections, share * top.PerSecond, options.Duration, cancel);
        var latencies = paced.Latencies;
        return new Sample(
            [
                new(Figures.Spread, latencies.P99 / latencies.P50),
                new(Figures.Rate, paced.PerSecond),
                new(Figures.P50, latencies.P50),
                new(Figures.P90, latencies.P90),
                new(Figures.P99, latencies.P99),
                new(Figures.P999, latencies.P999),
                new(Figures.Max, latencies.Max),
            ],
            paced.Fault);
    }

    /// <summary>Requests for keys at random, made before: making them is no part of the load.</summary>
    private IReadOnlyList<byte[]> Requests(Dialect dialect)
    {
        var random = new Random(DifferentRequests);
        var value = BenchValues.Of(workload.ValueBytes);
        return
        [
            .. Enumerable.Range(0, DifferentRequests).Select(_ => BenchKeys.Of(random.NextInt64(workload.Keys) * workload.Stride))
                .Select(key => (workload.Operation == Operation.Put ? dialect.Put(key, value) : dialect.Get(key)).ToBytes()),
        ];
    }
}
