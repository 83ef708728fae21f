using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KvStore.Specs.Deploy.Monitoring;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Diagnostics;

/// <summary>What operators see of two real nodes: metrics, traces, and the load on <c>/cluster</c>.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class TelemetrySpecs(ObservedCluster cluster) : IClassFixture<ObservedCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Every_metric_has_the_name_that_dashboards_know_and_nothing_else_is_called_kvstore()
    {
        await PutAsync("named", count: 20);
        var metrics = await Exposition.OfAsync(cluster.Nodes[0]);
        var families = metrics.Names.Select(WithoutSuffix).ToHashSet();
        Assert.Empty(KnownMetrics.Labels.Keys.Except(families));
        Assert.Empty(families.Where(name => name.StartsWith("kvstore_", StringComparison.Ordinal)).Except(KnownMetrics.Labels.Keys));
    }

    /// <summary>An alert on an increase sees no first event of a series that begins with it.</summary>
    [Fact]
    public async Task Counters_of_what_has_not_happened_yet_are_there_at_0()
    {
        var metrics = await Exposition.OfAsync(cluster.Nodes[0]);
        foreach (var (name, labels) in KnownMetrics.Labels.Where(metric => metric.Key.EndsWith("_total", StringComparison.Ordinal)))
        {
            foreach (var (label, values) in labels)
            {
                Assert.Empty(values.Except(metrics.ValuesOf(name, label)));
            }
        }
    }

    [Fact]
    public async Task A_node_that_asks_another_soon_has_a_link_to_it() => await Eventually.HoldsAsync(
        "there is a link to the other node", Patience, async _ =>
        {
            await PutAsync("linked", count: 40);
            return (await Exposition.OfAsync(cluster.Nodes[0])).Sum("kvstore_links_open") == 1;
        });

    [Fact]
    public async Task Requests_are_counted_by_operation_and_outcome_and_by_where_their_owner_is()
    {
        var before = await Exposition.OfAsync(cluster.Nodes[0]);
        var owners = await PutAsync("counted", count: 60);
        var here = owners.Count(owner => owner == cluster.Nodes[0].Name);
        Assert.InRange(here, 1, owners.Count - 1);
        var http = cluster.Nodes[0].Http;
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/kv/counted/none")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await http.PutAsync("/kv/counted/0?ifVersion=7", new StringContent("1"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PutAsync("/kv/counted/0", new StringContent("{"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/kv?prefix=counted")).StatusCode);

        var after = await Exposition.OfAsync(cluster.Nodes[0]);
        Assert.Equal(here, Rise("operation=\"put\"", "outcome=\"ok\"", "route=\"local\""));
        Assert.Equal(owners.Count - here, Rise("operation=\"put\"", "outcome=\"ok\"", "route=\"forwarded\""));
        Assert.Equal(1, Rise("operation=\"get\"", "outcome=\"not_found\""));
        Assert.Equal(1, Rise("operation=\"put\"", "outcome=\"conflict\""));
        Assert.Equal(1, Rise("operation=\"put\"", "outcome=\"invalid\"", "route=\"none\""));
        Assert.Equal(1, Rise("operation=\"list\"", "outcome=\"ok\"", "route=\"none\""));

        double Rise(params string[] labels) =>
            after.Sum("kvstore_request_duration_seconds_count", labels) - before.Sum("kvstore_request_duration_seconds_count", labels);
    }

    [Fact]
    public async Task Every_written_row_is_in_a_commit_and_every_shard_in_somebodys_lease()
    {
        var before = await SumAsync("kvstore_commit_rows_sum");
        await PutAsync("committed", count: 40);
        Assert.Equal(before + 40, await SumAsync("kvstore_commit_rows_sum"));
        Assert.Equal(await SumAsync("kvstore_lease_epoch_changes_total"), await SumAsync("kvstore_lease_acquisitions_total"));
        Assert.True(await SumAsync("kvstore_leases_held") > 1);
        Assert.Equal(2, await SumAsync("kvstore_lease_valid"));
        Assert.Equal(4, await SumAsync("kvstore_cluster_members", "status=\"Up\"", "reachable=\"true\""));
        Assert.True(await SumAsync("kvstore_keys_live") >= 40);
    }

    [Fact]
    public async Task The_cluster_document_counts_the_requests_of_each_member()
    {
        var before = await CountsAsync();
        await PutAsync("load", count: 30);
        var after = await CountsAsync();
        Assert.Equal(before[cluster.Nodes[0].Name] + 30, after[cluster.Nodes[0].Name]);
        Assert.Equal(before[cluster.Nodes[1].Name], after[cluster.Nodes[1].Name]);
    }

    [Fact]
    public async Task A_forwarded_put_is_one_trace_from_the_server_that_was_asked_to_the_owners_commit()
    {
        var owners = await PutAsync("traced", count: 40);
        Assert.Contains(cluster.Nodes[1].Name, owners);
        await Eventually.HoldsAsync("a forwarded PUT is traced", Patience, () => FindForwarded() is not null);
        var (server, key, commit) = FindForwarded()!.Value;
        Assert.Equal(cluster.Nodes[0].Name, server.Node);
        Assert.Equal(cluster.Nodes[1].Name, key.Node);
        Assert.Equal(cluster.Nodes[1].Name, commit.Node);
        Assert.Equal("PutValue", key.Tag("kvstore.request"));
        Assert.Equal("ok", key.Tag("kvstore.outcome"));
        Assert.Equal("Applied", commit.Tag("kvstore.outcome"));
    }

    [Fact]
    public async Task Probes_and_scrapes_are_not_traced_and_all_signals_are_exported()
    {
        await cluster.Nodes[0].Http.GetAsync("/healthz/ready");
        await PutAsync("signals", count: 1);
        await Eventually.HoldsAsync(
            "all three signals are exported", Patience,
            () => new[] { "traces", "metrics", "logs" }.All(signal => cluster.Receiver.RequestsOf(signal) > 0));
        Assert.DoesNotContain(cluster.Receiver.Spans, span => span.Tag("url.path") is { } path && !path.StartsWith("/kv", StringComparison.Ordinal));
    }

    private (ReceivedSpan Server, ReceivedSpan Key, ReceivedSpan Commit)? FindForwarded()
    {
        var spans = cluster.Receiver.Spans;
        var found = from commit in spans
                    where commit.Span.Name == "kvstore.commit"
                    from key in spans
                    where key.Span.Name == "kvstore.key" && commit.IsChildOf(key)
                    from server in spans
                    where key.IsChildOf(server) && server.Node != key.Node
                    select (server, key, commit);
        return found.Cast<(ReceivedSpan, ReceivedSpan, ReceivedSpan)?>().FirstOrDefault();
    }

    /// <summary>Writes new keys by way of the first node.</summary>
    /// <returns>Who owns each.</returns>
    private async Task<List<string>> PutAsync(string prefix, int count)
    {
        var owners = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var answer = await cluster.Nodes[0].Http.PutAsync($"/kv/{prefix}/{i}", new StringContent("1"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            owners.Add(answer.Headers.GetValues("KvStore-Node").Single());
        }

        return owners;
    }

    private async Task<double> SumAsync(string name, params string[] labels)
    {
        var sum = 0.0;
        foreach (var node in cluster.Nodes.Nodes)
        {
            sum += (await Exposition.OfAsync(node)).Sum(name, labels);
        }

        return sum;
    }

    private async Task<Dictionary<string, long>> CountsAsync()
    {
        var document = await cluster.Nodes[1].Http.GetFromJsonAsync<JsonElement>("/cluster");
        return document.GetProperty("members").EnumerateArray().ToDictionary(
            member => member.GetProperty("name").GetString()!, member => member.GetProperty("requests").GetProperty("count").GetInt64());
    }

    private static string WithoutSuffix(string name) =>
        new[] { "_bucket", "_count", "_sum" }.Where(suffix => name.EndsWith(suffix, StringComparison.Ordinal))
            .Select(suffix => name[..^suffix.Length]).FirstOrDefault(name);
}
