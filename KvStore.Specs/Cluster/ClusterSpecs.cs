using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Node;
using KvStore.Specs.Original;
using KvStore.Specs.Support;
using Microsoft.Extensions.DependencyInjection;

namespace KvStore.Specs.Cluster;

/// <summary>What several nodes do together, over HTTP.</summary>
public sealed class ClusterSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Keys_are_spread_over_all_nodes_and_each_node_answers_for_each_key()
    {
        await using var cluster = await InProcessCluster.StartAsync(3);
        using var client = new OriginalClient(cluster.Addresses);
        var keys = Enumerable.Range(0, 300).Select(i => $"key-{i}").ToList();
        var owners = new ConcurrentDictionary<string, string?>();
        await Parallel.ForEachAsync(keys, async (key, _) => owners[key] = (await client.PutAsync(key, $"\"{key}\"")).Node);

        foreach (var node in cluster.Addresses)
        {
            await Parallel.ForEachAsync(keys, async (key, _) =>
            {
                var answer = await client.GetAsync(key, node);
                Assert.Equal((key, $"\"{key}\"", 1), answer.Entry);
                Assert.Equal(owners[key], answer.Node);
            });
        }

        Assert.Equal(["node-0", "node-1", "node-2"], owners.Values.Distinct().Order());
    }

    [Fact]
    public async Task Nodes_ask_each_other_by_links_in_both_directions()
    {
        await using var cluster = await InProcessCluster.StartAsync(3);
        using var client = new OriginalClient(cluster.Addresses);
        var keys = Enumerable.Range(0, 100).Select(i => $"key-{i}").ToList();
        await Eventually.HoldsAsync("each node has a link to each other one", Patience, async _ =>
        {
            // They are sought when there is something to ask.
            await Task.WhenAll(cluster.Addresses.SelectMany(node => keys.Select(key => client.GetAsync(key, node))));
            return cluster.Nodes.All(node => cluster.Nodes.Where(other => other != node).All(other => IsLinked(node, other)));
        });

        static bool IsLinked(NodeHost node, NodeHost other) =>
            node.App.Services.GetRequiredService<NodeLinks>()
                .Find(other.App.Services.GetRequiredService<IClusterViewSource>().Current.Self.AkkaAddress) is not null;
    }

    [Fact]
    public async Task A_node_that_leaves_takes_nothing_with_it_and_each_failure_says_truly_what_became_of_the_write()
    {
        await using var cluster = await InProcessCluster.StartAsync(3);
        using var client = new OriginalClient([.. cluster.Addresses.Take(2)]);
        var keys = Enumerable.Range(0, 60).Select(i => $"key-{i}").ToList();
        using var stop = new CancellationTokenSource();
        var writers = keys.Chunk(10).Select(own => CountUpAsync(client, own, stop.Token)).ToList();
        await Eventually.HoldsAsync("every key was written", Patience, async _ => await CountAsync(client) == keys.Count);

        await cluster.StopAsync(2);

        var after = (await Task.WhenAll(keys.Select(key => client.GetAsync(key)))).Select(answer => answer.Version).ToList();
        await Eventually.HoldsAsync(
            "every key is written on by the nodes that are left",
            Patience,
            async _ => (await Task.WhenAll(keys.Select(key => client.GetAsync(key)))).Zip(after).All(pair => pair.First.Version > pair.Second));
        await stop.CancelAsync();
        var acknowledged = (await Task.WhenAll(writers)).SelectMany(versions => versions).ToDictionary();
        foreach (var (key, version) in acknowledged)
        {
            var answer = await client.GetAsync(key);
            Assert.Equal((key, version), (key, answer.Version));
            Assert.NotEqual("node-2", answer.Node);
        }
    }

    [Fact]
    public async Task A_node_that_joins_is_given_shards_and_serves_them()
    {
        await using var cluster = await InProcessCluster.StartAsync(1);
        using var client = new OriginalClient([.. cluster.Addresses]);
        var keys = Enumerable.Range(0, 100).Select(i => $"key-{i}").ToList();
        await Parallel.ForEachAsync(keys, async (key, _) => await client.PutAsync(key, "1"));

        await cluster.AddAsync();

        await Eventually.HoldsAsync(
            "the new node owns keys",
            Patience,
            async _ => (await Task.WhenAll(keys.Select(key => client.GetAsync(key)))).Any(answer => answer.Node == "node-1"));
        Assert.All(await Task.WhenAll(keys.Select(key => client.GetAsync(key))), answer => Assert.Equal(1, answer.Version));
    }

    [Fact]
    public async Task The_cluster_view_names_members_and_who_holds_each_shard()
    {
        await using var cluster = await InProcessCluster.StartAsync(2);
        using var client = new OriginalClient(cluster.Addresses);
        var owners = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i => (await client.PutAsync($"key-{i}", "1")).Node));

        await Eventually.HoldsAsync("both nodes show what both hold", Patience, async _ =>
        {
            var views = await Task.WhenAll(cluster.Addresses.Select(async node =>
                JsonDocument.Parse((await client.SendAsync(HttpMethod.Get, node, "/cluster", null)).Body).RootElement));
            return views.All(view =>
                view.GetProperty("members").EnumerateArray().Select(member => (member.GetProperty("name").GetString(), member.GetProperty("status").GetString()))
                    .Order().SequenceEqual([("node-0", "Up"), ("node-1", "Up")])
                && view.GetProperty("shards").EnumerateArray().Count(shard => shard.GetProperty("node").ValueKind == JsonValueKind.String)
                    == view.GetProperty("members").EnumerateArray().Sum(member => member.GetProperty("heldShards").GetInt32())
                && view.GetProperty("shards").EnumerateArray().Sum(shard => shard.GetProperty("keys").GetInt64()) == owners.Length);
        });
    }

    [Fact]
    public async Task A_node_of_another_store_finds_out_when_it_joins_and_leaves()
    {
        using var mine = StorageUnderTest.Sqlite();
        using var other = StorageUnderTest.Sqlite();
        var seedPort = FreePorts.Next();
        await using var node = NodeProcess.Start(new("node", FreePorts.Next(), seedPort, [seedPort], mine, []));
        await node.BecomesReadyAsync();

        await using var stranger = NodeProcess.Start(new("stranger", FreePorts.Next(), FreePorts.Next(), [seedPort], other, []));

        await stranger.ExitsAsync(Patience);
        Assert.NotEqual(0, stranger.ExitCode);
        Assert.Contains("another store", stranger.Log.Tail(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await node.GetStatusAsync("/healthz/ready", CancellationToken.None));
    }

    private static async Task<int> CountAsync(OriginalClient client) => (await client.ListAsync()).Count;

    /// <summary>
    /// Writes keys in turn, each guarded by what was acknowledged before; what was certainly not applied is tried again, and
    /// what is unknown is looked up.
    /// </summary>
    /// <returns>The last acknowledged version of each key.</returns>
    private static async Task<List<KeyValuePair<string, long>>> CountUpAsync(OriginalClient client, string[] keys, CancellationToken stop)
    {
        var versions = keys.ToDictionary(key => key, _ => 0L);
        while (!stop.IsCancellationRequested)
        {
            foreach (var key in keys)
            {
                var answer = await client.PutAsync(key, $"{versions[key]}", versions[key]);
                if (answer.Status == HttpStatusCode.OK)
                {
                    versions[key] = answer.Version;
                }
                else
                {
                    Assert.True(answer.Status == HttpStatusCode.ServiceUnavailable, $"{key}: {(int)answer.Status} {answer.Body}");
                    if (answer.Body.Contains("unknown", StringComparison.Ordinal))
                    {
                        // A hand-off may lose a message on its way. Then the key tells whether it was executed.
                        var read = await client.GetAsync(key);
                        while (read.Status == HttpStatusCode.ServiceUnavailable && !stop.IsCancellationRequested)
                        {
                            read = await client.GetAsync(key);
                        }

                        Assert.True(read.Status == HttpStatusCode.NotFound || read.Version - versions[key] is 0 or 1, $"{key}: {read.Body}");
                        versions[key] = read.Status == HttpStatusCode.NotFound ? 0 : read.Version;
                    }
                    else
                    {
                        Assert.Contains("not-applied", answer.Body, StringComparison.Ordinal);
                    }
                }
            }
        }

        return [.. versions];
    }
}
