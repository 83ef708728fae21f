using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KvStore.Specs.Original;
using KvStore.Specs.Support;

namespace KvStore.Specs.Cluster;

/// <summary>What operators and their orchestrator see of a node whose database has stopped to answer.</summary>
public sealed class HangingDatabaseSpecs
{
    [SkippableFact]
    public async Task It_is_alive_not_ready_and_shows_what_it_knows()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var cluster = await ClusterOfProcesses.StartAsync(1, await StorageUnderTest.PostgresAsync(() => server.CreateDatabaseAsync()));
        using var client = new OriginalClient(cluster.Addresses);
        await client.PutAsync("a", "1");
        var node = cluster[0];
        await Eventually.HoldsAsync(
            "the key is counted", TimeSpan.FromSeconds(30), async cancel => KeysIn(await node.Http.GetFromJsonAsync<JsonElement>("/cluster", cancel)) == 1);

        server.Pause();

        // Longer than the counts are kept, so that they would be made anew.
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(15))
        {
            Assert.Equal(HttpStatusCode.OK, await node.GetStatusAsync("/healthz/live", CancellationToken.None));
            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.Http.GetAsync("/healthz/ready")).StatusCode);
        watch.Restart();
        Assert.Equal(1, KeysIn(await node.Http.GetFromJsonAsync<JsonElement>("/cluster")));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static long KeysIn(JsonElement cluster) =>
        cluster.GetProperty("shards").EnumerateArray().Sum(shard => shard.GetProperty("keys") is { ValueKind: JsonValueKind.Number } keys ? keys.GetInt64() : 0);
}
