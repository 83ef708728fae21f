using System.Net;
using System.Text.Json;
using KvStore.Http.Gateway;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvStore.Specs.Http.Endpoints;

/// <summary>Health and the cluster document.</summary>
public sealed class OperationsSpecs
{
    private static readonly HttpClient Client = new();

    [Theory]
    [InlineData("/healthz/live", HealthStatus.Unhealthy, 200, "process")]
    [InlineData("/healthz/ready", HealthStatus.Unhealthy, 503, "joined")]
    [InlineData("/healthz/ready", HealthStatus.Healthy, 200, "joined")]
    [InlineData("/health", HealthStatus.Unhealthy, 503, "process", "joined")]
    public async Task Health_goes_by_the_tags_of_the_checks(string path, HealthStatus ready, int status, params string[] checks)
    {
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(1), new MemoryKeys(1), Edges.View(1, Edges.Self), ready: ready);
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, path));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(checks, document.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString()));
        Assert.Equal(status == 200 ? "Healthy" : "Unhealthy", document.GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_cluster_document_has_members_and_shards_with_their_keys()
    {
        var cluster = await ClusterAsync(null);
        Assert.Equal(Edges.Self, cluster.GetProperty("node").GetProperty("name").GetString());
        var members = cluster.GetProperty("members").EnumerateArray().ToArray();
        Assert.Equal(2, members[0].GetProperty("heldShards").GetInt32());

        // The stand-in of the other node does not answer.
        Assert.Equal(JsonValueKind.Null, members[1].GetProperty("heldShards").ValueKind);
        var shards = cluster.GetProperty("shards").EnumerateArray().ToArray();
        Assert.Equal(
            "{\"shard\":0,\"node\":\"node-a\",\"keys\":0,\"epoch\":1}{\"shard\":1,\"node\":null,\"keys\":1,\"epoch\":0}",
            string.Concat(shards.Select(shard => shard.GetRawText())));
    }

    [Fact]
    public async Task Keys_that_cannot_be_counted_are_left_open()
    {
        var cluster = await ClusterAsync(new FailingCounts());
        Assert.All(cluster.GetProperty("shards").EnumerateArray(), shard => Assert.Equal(JsonValueKind.Null, shard.GetProperty("keys").ValueKind));
    }

    [Fact]
    public async Task A_wrong_method_is_a_problem()
    {
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(1), new MemoryKeys(1), Edges.View(1, Edges.Self));
        using var answer = await Client.DeleteAsync(new Uri(edge.BaseAddress, "/cluster"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET"], answer.Content.Headers.Allow);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.ToString());
    }

    private static async Task<JsonElement> ClusterAsync(IKeyCounts? counts)
    {
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(2), new MemoryKeys(2), Edges.View(2, Edges.Self, null), counts);
        return JsonDocument.Parse(await Client.GetStringAsync(new Uri(edge.BaseAddress, "/cluster"))).RootElement;
    }

    private sealed class FailingCounts : IKeyCounts
    {
        public ValueTask<KeyCounts> GetAsync(CancellationToken cancelled) => throw new TimeoutException("The store does not answer.");
    }
}
