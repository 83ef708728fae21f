using KvStore.Bench.Data;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>
/// What a live key costs: objects in the heap after a full collection, before and after many keys were asked for the first
/// time, in a process that was started anew and has served the first twentieth of them, so that all that is made once is made.
/// </summary>
internal sealed class ActorMemoryContestant(PeerPlan plan) : Contestant(plan)
{
    private const int WarmUpPart = 20;
    private const int AtATime = 32;

    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        var node = ((KvStorePeer)peer).Nodes[0];
        await node.TerminateAsync();
        await node.StartAsync(cancel);
        using var http = Answers.Client();
        var first = Plan.Keys / WarmUpPart;
        await TouchAsync(http, node, 0, first, cancel);
        var before = await ReadAsync(http, node, cancel);
        await TouchAsync(http, node, first, Plan.Keys, cancel);
        var after = await ReadAsync(http, node, cancel);
        var keys = Plan.Keys - first;
        return Sample.Of(
            new(Figures.BytesPerActor, ((after.Live - before.Live) / keys) - Plan.ValueBytes),
            new(Figures.ResidentPerActor, (after.Resident - before.Resident) / keys));
    }

    private static async Task<(double Live, double Resident)> ReadAsync(HttpClient http, KvStoreNode node, CancellationToken cancel)
    {
        var live = await GarbageCollection.LiveBytesAsync(node.ProcessId, http, new Uri(node.Address, "/metrics"), cancel);
        return (live, ProcessUsage.ResidentBytes(node.ProcessId));
    }

    private static Task TouchAsync(HttpClient http, KvStoreNode node, long from, long to, CancellationToken cancel) => Parallel.ForAsync(
        from,
        to,
        new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancel },
        async (number, stop) =>
        {
            using var response = await http.GetAsync(new Uri(node.Address, $"/kv/{BenchKeys.Of(number)}"), stop);
            response.EnsureSuccessStatusCode();
        });
}
