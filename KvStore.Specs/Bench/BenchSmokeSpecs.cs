using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Bench;

/// <summary>Every scenario of the bench runs and gives figures that can be true. How fast anything is, is none of the specs' business.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class BenchSmokeSpecs(BenchSmoke smoke) : IClassFixture<BenchSmoke>
{
    private const double LongestMilliseconds = 60_000;

    public static TheoryData<string> OnSqlite => new(BenchSmoke.Scenarios.Except([BenchSmoke.Failover]));

    [SkippableTheory]
    [MemberData(nameof(OnSqlite))]
    public async Task Each_scenario_gives_plausible_figures_on_SQLite(string scenario)
    {
        var run = await smoke.OnSqliteAsync();

        var contestants = run.Contestants(scenario).ToArray();
        Assert.NotEmpty(contestants);
        Assert.All(contestants, contestant => AssertPlausible(contestant, run));
        Assert.Contains($"### {scenario}", run.Table);
        Assert.Contains($"{scenario}.svg", run.Plots);
    }

    [SkippableTheory]
    [InlineData("put-existing", 2)]
    [InlineData(BenchSmoke.Failover, 1)]
    public async Task Scenarios_run_on_PostgreSQL_and_on_three_nodes(string scenario, int contestants)
    {
        var run = await smoke.OnPostgresAsync();

        Assert.Equal(contestants, run.Contestants(scenario).Count());
        Assert.All(run.Contestants(scenario), contestant => AssertPlausible(contestant, run));
    }

    [SkippableFact]
    public async Task Peers_are_compared_with_each_other_in_the_same_round()
    {
        var run = await smoke.OnSqliteAsync();

        var contestants = run.Contestants("get-hot").ToArray();
        Assert.Equal(["bare Kestrel", "KvStore, SQLite"], contestants.Select(contestant => contestant.GetProperty("name").GetString()));
        Assert.All(contestants, contestant => Assert.Equal("bare Kestrel", contestant.GetProperty("reference").GetString()));
    }

    [SkippableFact]
    public async Task Two_builds_or_settings_are_compared_with_each_other()
    {
        var run = await BenchSmoke.AgainstAsync();

        var contestants = run.Contestants("get-hot").ToArray();
        Assert.All(contestants, contestant => AssertPlausible(contestant, run));
        Assert.Equal(
            ["bare Kestrel to bare Kestrel", "KvStore, SQLite [against] to KvStore, SQLite [against]", "KvStore, SQLite [program] to KvStore, SQLite [against]"],
            contestants.Select(contestant => $"{contestant.GetProperty("name")} to {contestant.GetProperty("reference")}"));
        Assert.Contains("against: ", run.Table);
        Assert.Contains("KvStore__Limits__KeyIdleTimeout=00:01:00", run.Table);
    }

    [Fact]
    public async Task The_list_names_every_scenario_that_is_run_here()
    {
        var (code, output, _) = await BenchProgram.RunAsync(AppContext.BaseDirectory, "list");

        Assert.Equal(0, code);
        var listed = output[..output.IndexOf("Peers", StringComparison.Ordinal)].Split('\n')
            .Where(line => line.StartsWith("  ", StringComparison.Ordinal) && line[2] != ' ').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
        Assert.Equal(BenchSmoke.Scenarios.Order(), listed.Order());
    }

    [Fact]
    public async Task Every_inner_part_can_be_timed_alone()
    {
        using var directory = new TempDirectory();

        var (code, output, errors) = await BenchProgram.RunAsync(directory.Path, "micro", "--smoke");

        Assert.True(code == 0, output + errors);
        Assert.All(["Wire", "Decision", "Committed", "Routing", "Target", "Answer", "Writer"], part => Assert.Contains($"{part}Benchmarks", output));
    }

    [Fact]
    public async Task A_wrong_name_is_answered_with_the_right_ones()
    {
        var (code, output, errors) = await BenchProgram.RunAsync(AppContext.BaseDirectory, "--scenario", "get-warm");

        Assert.NotEqual(0, code);
        Assert.Contains("there is no 'get-warm', but get-hot", output + errors);
    }

    [Theory]
    [InlineData("--pairs", "0", "from 1 to 1000")]
    [InlineData("--seconds", "soon", "from 1 to 3600")]
    [InlineData("--warm-up", "1e9", "from 1 to 3600")]
    [InlineData("--connections", "1.5", "from 1 to 10000")]
    public async Task A_number_that_is_none_or_out_of_bounds_is_answered_with_the_bounds(string option, string given, string bounds)
    {
        var (code, output, errors) = await BenchProgram.RunAsync(AppContext.BaseDirectory, option, given);

        Assert.NotEqual(0, code);
        Assert.Contains($"{option}: must be a number {bounds}.", output + errors);
        Assert.DoesNotContain("Unhandled", output + errors);
    }

    [Fact]
    public async Task A_build_that_is_not_there_is_named()
    {
        using var directory = new TempDirectory();

        var (code, output, errors) = await BenchProgram.RunAsync(directory.Path, "--against", directory.Path);

        Assert.NotEqual(0, code);
        Assert.Contains($"--against: there is no '{directory.File("KvStore.Node.dll")}'", output + errors);
    }

    [Fact]
    public async Task A_build_that_is_no_program_is_named()
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory.File("KvStore.Node.dll"), "text");

        var (code, output, errors) = await BenchProgram.RunAsync(directory.Path, "--program", directory.Path);

        Assert.Equal(1, code);
        Assert.Contains($"'{directory.File("KvStore.Node.dll")}' is no KvStore.Node.dll", errors);
        Assert.DoesNotContain("   at ", errors);
        Assert.DoesNotContain("Unhandled", output + errors);
    }

    private static void AssertPlausible(JsonElement contestant, BenchFigures run)
    {
        Assert.True(BenchFigures.FaultOf(contestant) is null, $"{contestant}\n{run.Progress}");
        var figures = BenchFigures.FiguresOf(contestant);
        Assert.NotEmpty(figures);
        Assert.All(figures, figure => Assert.True(double.IsFinite(figure.Value), $"{figure.Key}: {figure.Value}"));
        Assert.All(figures.Where(figure => figure.Key is "requests/s" or "keys/s" or "s" or "rate/s" or "bytes/actor"), figure => Assert.True(figure.Value > 0, $"{figure}"));
        if (figures.TryGetValue("p50 ms", out var median))
        {
            Assert.InRange(median, double.Epsilon, figures["p99 ms"]);
            Assert.InRange(figures["p99 ms"], median, figures["max ms"]);
            Assert.InRange(figures["max ms"], median, LongestMilliseconds);
        }
    }
}
