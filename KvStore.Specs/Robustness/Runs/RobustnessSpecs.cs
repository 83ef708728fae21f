using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// A few short runs for each change: PostgreSQL with harm on the wire, with wall clocks that are stepped, and a shared SQLite
/// file. The long ones are <c>dotnet run --project KvStore.Specs -- robustness --help</c>.
/// </summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class RobustnessSpecs
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Whatever_fails_nothing_is_lost_stale_or_untrue(int seed)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(8));

        var report = await RobustnessRun.RunAsync(RunPlan.Mixed(seed, Duration), RepositoryRoot.File("TestResults/robustness"), patience.Token);

        Assert.True(report.IsPass, $"{report.Text()}\nHistory and logs: {report.Evidence}");
    }
}
