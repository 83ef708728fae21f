using KvStore.Bench.Data;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Load;

/// <summary>Puts keys into a peer by its own front door.</summary>
internal static class Seeding
{
    private const int AtATime = 64;

    public static async Task PutAllAsync(Peer peer, CancellationToken cancel)
    {
        using var http = Answers.Client(peer.Plan.IsHttp2);
        var value = BenchValues.Of(peer.Plan.ValueBytes);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancel };
        await Parallel.ForAsync(0, peer.Plan.Keys, parallel, async (number, stop) =>
        {
            using var request = peer.Dialect.Put(BenchKeys.Of(number), value).ToMessage(peer.Addresses[0], http.DefaultRequestVersion);
            using var response = await http.SendAsync(request, stop);
            response.EnsureSuccessStatusCode();
        });
    }
}
