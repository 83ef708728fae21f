using System.Net;
using KvStore.Specs.Original;
using KvStore.Specs.Support;

namespace KvStore.Specs.Cluster;

/// <summary>Processes that die or are told to end, and what is there afterwards.</summary>
public sealed class RestartSpecs
{
    [Fact]
    public Task A_single_SQLite_node_killed_under_load_has_every_acknowledged_write_after_its_restart() =>
        KeepsWhatItAcknowledgedAsync(StorageUnderTest.Sqlite());

    [SkippableFact]
    public async Task A_single_PostgreSQL_node_killed_under_load_has_every_acknowledged_write_after_its_restart() =>
        await KeepsWhatItAcknowledgedAsync(await PostgresDatabase.CreateAsync());

    [Fact]
    public async Task A_killed_node_of_three_is_replaced_by_the_others_and_may_come_back()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(3, StorageUnderTest.Sqlite());
        using var all = new OriginalClient(cluster.Addresses);
        var keys = Enumerable.Range(0, 90).Select(i => $"key-{i}").ToList();
        var owners = await Task.WhenAll(keys.Select(async key => (await all.PutAsync(key, "1")).Node));
        Assert.Contains("node-2", owners);

        await cluster[2].KillAsync();

        using var rest = new OriginalClient([.. cluster.Addresses.Take(2)]);
        await Eventually.HoldsAsync(
            "the others serve every key",
            TimeSpan.FromSeconds(60),
            async _ => (await Task.WhenAll(keys.Select(key => rest.GetAsync(key)))).All(answer => answer.Status == HttpStatusCode.OK && answer.Version == 1),
            cluster.Logs);

        cluster[2].Restart();
        await cluster[2].BecomesReadyAsync();
        await cluster.AllSeeAllAsync(TimeSpan.FromSeconds(60));
        Assert.All(await Task.WhenAll(keys.Select(key => all.PutAsync(key, "2"))), answer => Assert.Equal(2, answer.Version));
    }

    [Fact]
    public async Task SIGTERM_ends_a_node_with_code_0_and_the_next_start_need_not_wait_for_its_lease()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(
            1, StorageUnderTest.Sqlite(), new Dictionary<string, string> { ["KvStore__Storage__LeaseTtl"] = "00:01:00" });
        using var client = new OriginalClient(cluster.Addresses);
        await client.PutAsync("a", "1");

        Assert.Equal(0, await cluster[0].TerminateAsync());
        cluster[0].Restart();
        await cluster[0].BecomesReadyAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, (await client.PutAsync("a", "2")).Version);
    }

    [Fact]
    public async Task A_node_whose_seed_nodes_are_all_gone_finds_the_cluster_by_the_store()
    {
        using var storage = StorageUnderTest.Sqlite();
        await using var first = FirstSeed(storage);
        await first.BecomesReadyAsync();
        await using var other = await ServesInItsPlaceAsync(first, storage);

        first.Restart();
        await first.BecomesReadyAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, (await ShownMember.ReadAsync(first, CancellationToken.None)).Count);
        Assert.Equal(2, (await ShownMember.ReadAsync(other, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_cluster_that_nobody_has_used_yet_is_found_by_the_store_too()
    {
        using var storage = StorageUnderTest.Sqlite();
        await using var idle = FirstSeed(storage);
        await idle.BecomesReadyAsync();
        await using var late = FirstSeed(storage, "node-1");

        await late.BecomesReadyAsync();

        await Eventually.HoldsAsync(
            "both are in one cluster",
            NodeProcess.DefaultPatience,
            async cancel => (await ShownMember.ReadAsync(idle, cancel)).Count == 2 && (await ShownMember.ReadAsync(late, cancel)).Count == 2,
            () => late.Log.Tail());
        Assert.True(late.Log.Contains("forms no cluster of its own"), late.Log.Tail());
    }

    [Fact]
    public async Task A_first_seed_node_that_waits_for_a_cluster_forms_one_itself_when_that_has_ended()
    {
        using var storage = StorageUnderTest.Sqlite();
        await using var first = FirstSeed(storage);
        await first.BecomesReadyAsync();
        await using var other = await ServesInItsPlaceAsync(first, storage);

        first.Restart();
        await Eventually.HoldsAsync(
            "the first seed node sees that there is a cluster",
            NodeProcess.DefaultPatience,
            () => first.Log.Contains("forms no cluster of its own"),
            () => first.Log.Tail());
        await other.KillAsync();

        await first.BecomesReadyAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_node_that_took_the_name_of_one_that_only_stood_still_gives_it_back()
    {
        using var storage = StorageUnderTest.Sqlite();
        await using var elder = FirstSeed(storage);
        await elder.BecomesReadyAsync();
        elder.Stop();
        await using var younger = NodeProcess.Start(elder.Settings with { HttpPort = FreePorts.Next(), ClusterPort = FreePorts.Next() });
        await Eventually.HoldsAsync(
            "the younger one takes the name", NodeProcess.DefaultPatience, () => younger.Log.Contains("on store"), () => younger.Log.Tail());

        elder.Continue();

        await younger.ExitsAsync(NodeProcess.DefaultPatience);
        Assert.True(younger.Log.Contains("This one gives way"), younger.Log.Tail());
        Assert.Equal(HttpStatusCode.OK, await elder.GetStatusAsync("/healthz/ready", CancellationToken.None));
    }

    /// <summary>It knows a seed node that is none, and not the one that will be there.</summary>
    private static NodeProcess FirstSeed(StorageUnderTest storage, string name = "node-0")
    {
        var port = FreePorts.Next();
        return NodeProcess.Start(new(name, FreePorts.Next(), port, [port, FreePorts.Next()], storage, []));
    }

    /// <summary>Another node, which has joined the first one, and serves when that is killed.</summary>
    private static async Task<NodeProcess> ServesInItsPlaceAsync(NodeProcess first, StorageUnderTest storage)
    {
        var other = NodeProcess.Start(new("node-1", FreePorts.Next(), FreePorts.Next(), [first.Settings.ClusterPort], storage, []));
        await other.BecomesReadyAsync();
        await first.KillAsync();
        using var client = new OriginalClient([other.Settings.Address]);
        await Eventually.HoldsAsync(
            "the other one serves",
            NodeProcess.DefaultPatience,
            async _ => (await client.PutAsync("a", "1")).Status is HttpStatusCode.OK,
            () => other.Log.Tail());
        return other;
    }

    private static async Task KeepsWhatItAcknowledgedAsync(StorageUnderTest storage)
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(1, storage);
        using var client = new OriginalClient(cluster.Addresses);
        var acknowledged = new long[20];
        var killed = new TaskCompletionSource();
        var writers = Enumerable.Range(0, acknowledged.Length).Select(async i =>
        {
            while (!killed.Task.IsCompleted)
            {
                try
                {
                    var answer = await client.PutAsync($"key-{i}", "1");
                    acknowledged[i] = answer.Status == HttpStatusCode.OK ? answer.Version : acknowledged[i];
                }
                catch (Exception fault) when (BrokenConnection.Is(fault))
                {
                    return;
                }
            }
        }).ToList();
        await Eventually.HoldsAsync("each key was written some times", TimeSpan.FromSeconds(60), () => acknowledged.All(version => version > 20));

        await cluster[0].KillAsync();
        killed.SetResult();
        await Task.WhenAll(writers);
        cluster[0].Restart();
        await cluster[0].BecomesReadyAsync();

        for (var i = 0; i < acknowledged.Length; i++)
        {
            // One more may have been committed whose answer was lost.
            Assert.InRange((await client.GetAsync($"key-{i}")).Version, acknowledged[i], acknowledged[i] + 1);
        }
    }
}
