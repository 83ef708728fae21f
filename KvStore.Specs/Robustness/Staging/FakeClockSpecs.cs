using System.Net;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>Wall clocks step, and only they: what leases and timers count on goes on as if nothing had been.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class FakeClockSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    /// <summary>Between the answer and the look at this process's clock.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task Wall_clocks_of_a_node_and_of_the_database_step_both_ways_while_the_lease_stays()
    {
        var plan = new StagePlan(1, StorageProvider.Postgres, HasFakeTime: true, Settings: StageSpecs.QuickLeases);
        await using var stage = await Stage.StartAsync(plan, new RunHistory(), CancellationToken.None);
        var node = stage.Nodes[0];
        using var watching = new CancellationTokenSource();
        var losses = CountUnreadyAsync(node, watching.Token);

        foreach (var step in (TimeSpan[])[Step, -Step])
        {
            using (node.Clock!.Step(step))
            {
                await ShowsAsync("the node", step, _ => DateOfAsync(node));
                await ShowsAsync("the database", TimeSpan.Zero, _ => NowOfAsync(stage));
            }

            using (stage.Storage.Clock!.Step(step))
            {
                await ShowsAsync("the database", step, _ => NowOfAsync(stage));
                await ShowsAsync("the node", TimeSpan.Zero, _ => DateOfAsync(node));
            }
        }

        // Timers that went by a stepped clock would run late or all at once, and the lease of 3 s would be gone.
        await Task.Delay(stage.LeaseTtl * 2);
        await watching.CancelAsync();
        Assert.Equal(0, await losses);
    }

    private static Task ShowsAsync(string who, TimeSpan offset, Func<CancellationToken, Task<DateTimeOffset>> read) => Eventually.HoldsAsync(
        $"the wall clock of {who} is {offset.TotalSeconds} s off",
        Patience,
        async cancel => (await read(cancel) - DateTimeOffset.UtcNow - offset).Duration() < Tolerance);

    private static async Task<DateTimeOffset> DateOfAsync(StageNode node)
    {
        using var response = await node.Process.Http.GetAsync("/healthz/live");
        return response.Headers.Date!.Value;
    }

    private static async Task<DateTimeOffset> NowOfAsync(Stage stage) =>
        await PostgresServer.QueryAsync<DateTime>(stage.Storage.DirectConnectionString, "select clock_timestamp()");

    private static async Task<int> CountUnreadyAsync(StageNode node, CancellationToken cancel)
    {
        var count = 0;
        while (!cancel.IsCancellationRequested)
        {
            count += await node.Process.GetStatusAsync("/healthz/ready", CancellationToken.None) == HttpStatusCode.OK ? 0 : 1;
            await Task.Delay(50, CancellationToken.None);
        }

        return count;
    }
}
