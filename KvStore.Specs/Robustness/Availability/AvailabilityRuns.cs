using System.Collections.Immutable;
using System.Globalization;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>
/// What clients notice when nodes die, are restarted or lose one another: five processes with the default settings on one
/// PostgreSQL under a steady load, seen from outside. Prints a table of figures beside their goals.
/// </summary>
/// <param name="program">Another build of <c>KvStore.Node.dll</c>, to compare; null: the one built with the specs.</param>
/// <param name="settings">Settings of every node, by the names of environment variables.</param>
/// <param name="output">Gets a line for each event and each request that waited long, and the table at the end.</param>
internal sealed class AvailabilityRuns(string? program, ImmutableDictionary<string, string>? settings, TextWriter output)
{
    private const int Nodes = 5;
    private const int Minority = 2;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan CalmWithin = TimeSpan.FromMinutes(3);

    /// <summary>Long enough for the minority to be taken out, to end, and to try to come back.</summary>
    private static readonly TimeSpan Partitioned = TimeSpan.FromSeconds(15);

    private readonly AvailabilityTable _table = new();

    public async Task RunAsync(int rounds, CancellationToken cancel)
    {
        for (var round = 1; round <= rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            await output.WriteLineAsync($"round {round} of {rounds}: 1-minute load of the machine {await MachineLoadAsync()}");
            await RunRoundAsync(cancel);
        }

        await output.WriteLineAsync();
        _table.Write(output);
    }

    private async Task RunRoundAsync(CancellationToken cancel)
    {
        await using var stage = await Stage.StartAsync(
            new StagePlan(Nodes, StorageProvider.Postgres, HasNetwork: true, Settings: settings, Program: program), new RunHistory(), cancel);
        await using (var load = SteadyLoad.Start(AddressesOf(stage.Nodes)))
        {
            await load.IsSmoothAsync(WarmUp, CalmWithin, stage.Logs);
            var coordinator = await FindCoordinatorAsync(stage, cancel);
            await KillAsync("kill -9 of a node", stage.Nodes.First(node => node != coordinator), stage, load, cancel);
            await KillAsync("kill -9 of the coordinator's node", await FindCoordinatorAsync(stage, cancel), stage, load, cancel);
            await RestartAllAsync(stage, load, cancel);
            var restarts = stage.Nodes.Sum(node => node.Incarnations) - Nodes;
            _table.Add("nodes that were taken out of the cluster without cause", "", 0, restarts - Nodes - 2);
            await FindLostWritesAsync("kills and restarts", load);
        }

        await CutMinorityOffAsync(stage, cancel);
    }

    /// <summary>The dead node is started again only once the others serve everything.</summary>
    private async Task KillAsync(string what, StageNode node, Stage stage, SteadyLoad load, CancellationToken cancel)
    {
        var killed = load.Now;
        await output.WriteLineAsync($"{At(killed)} {what}: {node.Name}");
        TimeSpan restarted;
        using (node.HoldDown())
        {
            await node.Process.KillAsync();
            await load.IsSmoothAsync(Calm, CalmWithin, stage.Logs);
            AddOutage(what, load, killed, goalSeconds: 5);
            await ReportAsync(what, load.Since(killed));
            restarted = load.Now;
        }

        await stage.AwaitHealthyAsync(CalmWithin, cancel);
        _table.Add($"{what}: started again, ready after", " s", null, (load.Now - restarted).TotalSeconds);
        await load.IsSmoothAsync(Calm, CalmWithin, stage.Logs);
        _table.Add($"{what}: started again, longest wait of a request", " s", 1, Longest(load.Since(restarted)).TotalSeconds);
        await WriteSlowestAsync(load.Since(restarted));
    }

    /// <summary>One after another, as an orchestrator does: SIGTERM, started again, ready, the next one.</summary>
    private async Task RestartAllAsync(Stage stage, SteadyLoad load, CancellationToken cancel)
    {
        const string What = "rolling restart";
        var begun = load.Now;
        foreach (var node in stage.Nodes.Reverse())
        {
            var told = load.Now;
            TimeSpan ended;
            int code;
            using (node.HoldDown())
            {
                code = await node.Process.TerminateAsync(CalmWithin);
                ended = load.Now;
            }

            await stage.AwaitHealthyAsync(CalmWithin, cancel);
            await output.WriteLineAsync(
                $"{At(told)} {What}: {node.Name} exited with {code} {At(ended - told)} after SIGTERM, ready again {At(load.Now - ended)} later");
            _table.Add($"{What}: from SIGTERM to the exit", " s", null, (ended - told).TotalSeconds);
        }

        await load.IsSmoothAsync(Calm, CalmWithin, stage.Logs);
        var waits = load.Since(begun);
        _table.Add($"{What}: longest wait of a request", " s", 1, Longest(waits).TotalSeconds);
        _table.Add(
            $"{What}: requests that one retry on another node did not answer at once", "", 0,
            waits.Count(request => request.Failures.Length > 1 || (request.Failures.Length == 1 && request.Wait >= SteadyLoad.Stall)));
        await ReportAsync(What, waits);
    }

    /// <summary>
    /// Two nodes on the one side, three on the other, and the clients with the three. The two still reach the database, so
    /// their leases do not run out by themselves. The coordinator is one of the two, which is the worse case.
    /// </summary>
    private async Task CutMinorityOffAsync(Stage stage, CancellationToken cancel)
    {
        const string What = "partition 2 | 3";
        var coordinator = await FindCoordinatorAsync(stage, cancel);
        var nodes = stage.Nodes.OrderBy(node => node != coordinator).ToList();
        var majority = nodes.Skip(Minority).ToList();
        await using var load = SteadyLoad.Start(AddressesOf(majority));
        await load.IsSmoothAsync(WarmUp, CalmWithin, stage.Logs);
        var cut = load.Now;
        await output.WriteLineAsync($"{At(cut)} {What}: {string.Join(", ", nodes.Take(Minority).Select(node => node.Name))} cut off");
        await using (await stage.Network!.CutAsync(Link.Between(nodes.Take(Minority).Select(node => node.Host!), majority.Select(node => node.Host!))))
        {
            await Task.Delay(Partitioned, cancel);
            await load.IsSmoothAsync(Calm, CalmWithin, stage.Logs);
            AddOutage($"{What}, majority", load, cut, goalSeconds: 6);
            await ReportAsync($"{What}, majority", load.Since(cut));
        }

        var healed = load.Now;
        await output.WriteLineAsync($"{At(healed)} {What}: healed");
        try
        {
            await stage.AwaitHealthyAsync(CalmWithin, cancel);
        }
        catch (TimeoutException)
        {
            await output.WriteLineAsync($"{What}: not healthy again within {At(CalmWithin)}");
            _table.Add($"{What}: after healing all five serve all keys after", " s", 10, double.PositiveInfinity);
            return;
        }

        var slow = await EveryNodeServes.AwaitAsync(AddressesOf(stage.Nodes), CalmWithin, cancel);
        _table.Add($"{What}: after healing all five serve all keys after", " s", 10, (load.Now - healed).TotalSeconds);
        _table.Add($"{What}: longest wait of a request after healing", " s", null, Longest(load.Since(healed)).TotalSeconds);
        await output.WriteLineAsync($"{At(load.Now)} {What}: all serve, {slow} reads had to be repeated");
        await FindLostWritesAsync(What, load);
    }

    private static async Task<StageNode> FindCoordinatorAsync(Stage stage, CancellationToken cancel) =>
        await stage.FindCoordinatorAsync(cancel) ?? throw new InvalidOperationException("No node tells who is the coordinator.");

    private void AddOutage(string what, SteadyLoad load, TimeSpan since, double goalSeconds)
    {
        var stalled = load.Since(since).Where(request => request.Wait >= SteadyLoad.Stall).ToList();
        _table.Add($"{what}: every key answers again after", " s", goalSeconds, stalled.Select(request => request.End - since).DefaultIfEmpty().Max().TotalSeconds);
        _table.Add(
            $"{what}: requests that come later than this wait for less than 1 s", " s", null,
            stalled.Select(request => request.Start - since).DefaultIfEmpty().Max().TotalSeconds);
    }

    private async Task FindLostWritesAsync(string what, SteadyLoad load)
    {
        var lost = await load.FindLostWritesAsync();
        _table.Add($"{what}: acknowledged writes lost", "", 0, lost.Count);
        foreach (var line in lost)
        {
            await output.WriteLineAsync($"  LOST {line}");
        }
    }

    private Task ReportAsync(string what, IReadOnlyList<LoadedRequest> waits)
    {
        _table.Add($"{what}: requests", "", null, waits.Count);
        _table.Add($"{what}: requests that waited for 1 s or longer", "", null, waits.Count(request => request.Wait >= SteadyLoad.Stall));
        _table.Add($"{what}: requests whose first attempt failed", "", null, waits.Count(request => request.Failures.Length > 0));
        _table.Add(
            $"{what}: attempts of unknown outcome", "", null,
            waits.Sum(request => request.Failures.Count(failure => failure.Contains("unknown", StringComparison.Ordinal))));
        _table.Add($"{what}: requests never answered", "", 0, waits.Count(request => !request.IsAnswered));
        return WriteSlowestAsync(waits);
    }

    /// <summary>Those that waited longest, and the one that ended last.</summary>
    private async Task WriteSlowestAsync(IReadOnlyList<LoadedRequest> waits)
    {
        var telling = waits.Where(request => request.Wait >= SteadyLoad.Stall || request.Failures.Length > 1).ToList();
        foreach (var request in telling.OrderByDescending(request => request.Wait).Take(5)
                     .Concat(telling.OrderByDescending(request => request.End).Take(1)).Distinct())
        {
            await output.WriteLineAsync($"  {request}");
        }
    }

    private static TimeSpan Longest(IReadOnlyList<LoadedRequest> waits) => waits.Select(request => request.Wait).DefaultIfEmpty().Max();

    private static IReadOnlyList<Uri> AddressesOf(IEnumerable<StageNode> nodes) => [.. nodes.Select(node => node.Address)];

    private static string At(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static async Task<string> MachineLoadAsync() =>
        File.Exists("/proc/loadavg") ? (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0] : "unknown";
}
