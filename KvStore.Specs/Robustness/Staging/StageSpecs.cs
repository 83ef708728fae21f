using System.Collections.Immutable;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What a stage is before anything is done to it, and that nothing of it stays.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class StageSpecs
{
    /// <summary>For stages on which things are to get well soon.</summary>
    internal static readonly ImmutableDictionary<string, string> QuickLeases = ImmutableDictionary.CreateRange<string, string>(
    [
        new("KvStore__Storage__LeaseTtl", "00:00:03"),
        new("KvStore__Cluster__StableAfter", "00:00:03"),
    ]);

    [SkippableFact]
    public async Task Everything_of_a_stage_is_gone_when_it_is_disposed()
    {
        Traces traces;
        var plan = new StagePlan(3, StorageProvider.Postgres, HasNetwork: true, HasFakeTime: true, Settings: QuickLeases);
        await using (var stage = await Stage.StartAsync(plan, new RunHistory(), CancellationToken.None))
        {
            traces = Traces.Of(stage);
            Assert.Equal(4, traces.Namespaces.Count);
            Assert.Single(traces.Interfaces);
        }

        await traces.VanishAsync();
    }

    [SkippableFact]
    public async Task A_node_that_ended_is_started_again_and_the_logs_of_all_its_lives_are_kept_until_all_is_gone()
    {
        var history = new RunHistory();
        Traces traces;
        using var logs = new TempDirectory();
        await using (var stage = await Stage.StartAsync(new StagePlan(3, StorageProvider.Sqlite, Settings: QuickLeases), history, CancellationToken.None))
        {
            traces = Traces.Of(stage);
            var former = stage.Nodes[1].Process.ProcessId;

            await stage.Nodes[1].Process.KillAsync();
            await Eventually.HoldsAsync("it is started again", TimeSpan.FromSeconds(30), () => stage.Nodes[1].Incarnations == 2);
            await stage.AwaitHealthyAsync(TimeSpan.FromSeconds(60));

            Assert.NotEqual(former, stage.Nodes[1].Process.ProcessId);
            Assert.Contains(history.Events, happened => happened.What.StartsWith("node-1, which ended with 137", StringComparison.Ordinal));
            await stage.SaveLogsAsync(logs.Path);
        }

        Assert.Equal(2, (await File.ReadAllTextAsync(logs.File("node-1.log"))).Split("--- node-1 is started").Length - 1);
        await traces.VanishAsync();
    }

    [SkippableFact]
    public async Task A_stage_whose_nodes_do_not_start_says_why_and_leaves_nothing()
    {
        var before = Traces.OfAll();

        var fault = await Assert.ThrowsAsync<NodeExitedException>(() => Stage.StartAsync(
            new StagePlan(2, StorageProvider.Sqlite, Settings: QuickLeases.SetItem("KvStore__Shards", "0")), new RunHistory(), CancellationToken.None));

        Assert.Contains("KvStore:Shards", fault.Message);
        Assert.Equal(before, Traces.OfAll());
    }
}
