using KvStore.Node.Config;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>
/// Each fault happens, and the system gets well. Those that need longest only with <c>KVSTORE_SPECS_SCALE=1</c>: runs with mixed
/// faults have them all.
/// </summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class FaultSpecs(ITestOutputHelper output)
{
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(3);

    /// <summary>For a node to be downed, started again and taken in, on a machine that is busy.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(90);

    private static readonly bool IsWhole = Environment.GetEnvironmentVariable("KVSTORE_SPECS_SCALE") == "1";

    private static readonly string[] Quick =
    [
        "kill the coordinator's node",
        "pause a node for several leases",
        "start a second node of one name",
        "kill the database",
        "pause the database",
        "break connections in the middle of commits",
        "cut a node off from its peers",
        "cut a node off from the database, flapping",
        "lose packets on all links",
        "step a node's clock back",
        "step the database's clock forward",
        "fill the disk",
    ];

    [SkippableFact]
    public Task Nodes_in_a_network_with_PostgreSQL_get_well_after_each_fault() =>
        GetWellAsync(new StagePlan(3, StorageProvider.Postgres, HasNetwork: true, HasFakeTime: true, Settings: StageSpecs.QuickLeases));

    [SkippableFact]
    public Task Nodes_on_one_SQLite_file_get_well_after_each_fault() =>
        GetWellAsync(new StagePlan(3, StorageProvider.Sqlite, Settings: StageSpecs.QuickLeases));

    [Fact]
    public void No_two_faults_have_one_name_and_the_quick_ones_are_among_them()
    {
        Assert.Equal(AllFaults.List.Count, AllFaults.List.DistinctBy(fault => fault.Name).Count());
        Assert.All(Quick, name => Assert.Equal(name, AllFaults.Named(name).Name));
    }

    private async Task GetWellAsync(StagePlan plan)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var history = new RunHistory();
        try
        {
            await using var stage = await Stage.StartAsync(plan, history, CancellationToken.None);
            foreach (var fault in AllFaults.On(stage).Where(fault => IsWhole || Quick.Contains(fault.Name)))
            {
                await fault.HappenAsync(stage, history, random, Lasting, CancellationToken.None);
                await stage.AwaitHealthyAsync(Recovery);
                history.Note("all is well");
                await WriteAndReadAsync(stage, $"after {fault.Name}");
            }
        }
        finally
        {
            foreach (var happened in history.Events)
            {
                output.WriteLine($"{happened.At / 1e6,10:0.000} {happened.What}");
            }
        }
    }

    /// <summary>Every node takes a write, and every other one reads it.</summary>
    private static async Task WriteAndReadAsync(Stage stage, string value)
    {
        foreach (var node in stage.Nodes)
        {
            using var put = await node.Process.Http.PutAsync($"/kv/{node.Name}", new StringContent($"\"{value}\""));
            Assert.True(put.IsSuccessStatusCode, $"{node.Name} {value}: {put.StatusCode} {await put.Content.ReadAsStringAsync()}");
            foreach (var other in stage.Nodes)
            {
                Assert.Contains(value, await other.Process.Http.GetStringAsync($"/kv/{node.Name}"));
            }
        }
    }
}
