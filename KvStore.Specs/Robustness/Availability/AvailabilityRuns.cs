using System.Globalization;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>
/// What clients notice when nodes die, are restarted or lose one another: five processes on one PostgreSQL under a steady load,
/// seen from outside. Prints a table of figures beside their goals.
/// </summary>
internal static class AvailabilityRuns
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan CalmWithin = TimeSpan.FromMinutes(3);

    /// <param name="output">Gets a line for each event and each request that waited long, and the table at the end.</param>
    public static async Task<AvailabilityTable> RunAsync(int rounds, TextWriter output, CancellationToken cancel)
    {
        var table = new AvailabilityTable();
        for (var round = 1; round <= rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            await output.WriteLineAsync($"round {round} of {rounds}: 1-minute load of the machine {await MachineLoadAsync()}");
            await RunRoundAsync(table, output, cancel);
        }

        await output.WriteLineAsync();
        table.Write(output);
        return table;
    }

    private static async Task RunRoundAsync(AvailabilityTable table, TextWriter output, CancellationToken cancel)
    {
        await using var cluster = await FiveNodes.StartAsync();
        await using var load = SteadyLoad.Start(cluster.Nodes.Select(node => node.Settings.Address));
        await load.IsSmoothAsync(WarmUp, CalmWithin, cluster.Logs);

        var coordinator = await cluster.FindCoordinatorAsync();
        await KillAsync("kill -9 of a node", cluster.Nodes.First(node => node != coordinator), cluster, load, table, output);
        cancel.ThrowIfCancellationRequested();
        coordinator = await cluster.FindCoordinatorAsync();
        await KillAsync("kill -9 of the coordinator's node", coordinator, cluster, load, table, output);
        cancel.ThrowIfCancellationRequested();
        await RestartAllAsync(cluster, load, table, output);

        table.Add("nodes that were taken out of the cluster without cause", "", 0, cluster.EndedByThemselves);
        var lost = await load.FindLostWritesAsync();
        table.Add("acknowledged writes lost", "", 0, lost.Count);
        foreach (var line in lost)
        {
            await output.WriteLineAsync($"  LOST {line}");
        }
    }

    /// <summary>The dead node is started again only once the others serve everything.</summary>
    private static async Task KillAsync(
        string what, NodeProcess node, FiveNodes cluster, SteadyLoad load, AvailabilityTable table, TextWriter output)
    {
        var killed = load.Now;
        await output.WriteLineAsync($"{At(killed)} {what}: {node.Name}");
        cluster.Down = node;
        await node.KillAsync();
        await load.IsSmoothAsync(Calm, CalmWithin, cluster.Logs);
        var waits = load.Since(killed);
        var again = waits.Where(request => request.Wait >= SteadyLoad.Stall).Select(request => request.End - killed).DefaultIfEmpty().Max();
        table.Add($"{what}: every key answers again after", " s", 5, again.TotalSeconds);
        var lastCaught = waits.Where(request => request.Wait >= SteadyLoad.Stall).Select(request => request.Start - killed).DefaultIfEmpty().Max();
        table.Add($"{what}: requests that come later than this wait for less than 1 s", " s", null, lastCaught.TotalSeconds);
        Report(what, waits, table, output);

        var restarted = load.Now;
        node.Restart();
        cluster.Down = null;
        await cluster.AreReadyAsync();
        table.Add($"{what}: started again, ready after", " s", null, (load.Now - restarted).TotalSeconds);
        await load.IsSmoothAsync(Calm, CalmWithin, cluster.Logs);
        table.Add($"{what}: started again, longest wait of a request", " s", 1, Longest(load.Since(restarted)).TotalSeconds);
        await WriteSlowestAsync(load.Since(restarted), output);
    }

    /// <summary>One after another, as an orchestrator does: SIGTERM, started again, ready, the next one.</summary>
    private static async Task RestartAllAsync(FiveNodes cluster, SteadyLoad load, AvailabilityTable table, TextWriter output)
    {
        const string What = "rolling restart";
        var begun = load.Now;
        foreach (var node in cluster.Nodes.Reverse())
        {
            var told = load.Now;
            cluster.Down = node;
            var code = await node.TerminateAsync(TimeSpan.FromMinutes(2));
            var ended = load.Now;
            node.Restart();
            cluster.Down = null;
            await cluster.AreReadyAsync();
            await output.WriteLineAsync(
                $"{At(told)} {What}: {node.Name} exited with {code} {At(ended - told)} after SIGTERM, ready again {At(load.Now - ended)} later");
            table.Add($"{What}: from SIGTERM to the exit", " s", null, (ended - told).TotalSeconds);
        }

        await load.IsSmoothAsync(Calm, CalmWithin, cluster.Logs);
        var waits = load.Since(begun);
        table.Add($"{What}: longest wait of a request", " s", 1, Longest(waits).TotalSeconds);
        table.Add(
            $"{What}: requests that one retry on another node did not answer at once", "", 0,
            waits.Count(request => request.Failures.Length > 1 || (request.Failures.Length == 1 && request.Wait >= SteadyLoad.Stall)));
        Report(What, waits, table, output);
    }

    private static void Report(string what, IReadOnlyList<LoadedRequest> waits, AvailabilityTable table, TextWriter output)
    {
        table.Add($"{what}: requests", "", null, waits.Count);
        table.Add($"{what}: requests that waited for 1 s or longer", "", null, waits.Count(request => request.Wait >= SteadyLoad.Stall));
        table.Add($"{what}: requests whose first attempt failed", "", null, waits.Count(request => request.Failures.Length > 0));
        table.Add(
            $"{what}: attempts of unknown outcome", "", null,
            waits.Sum(request => request.Failures.Count(failure => failure.Contains("unknown", StringComparison.Ordinal))));
        table.Add($"{what}: requests never answered", "", 0, waits.Count(request => !request.IsAnswered));
        _ = WriteSlowestAsync(waits, output);
    }

    private static TimeSpan Longest(IReadOnlyList<LoadedRequest> waits) => waits.Select(request => request.Wait).DefaultIfEmpty().Max();

    private static async Task WriteSlowestAsync(IReadOnlyList<LoadedRequest> waits, TextWriter output)
    {
        foreach (var request in waits.Where(request => request.Wait >= SteadyLoad.Stall || request.Failures.Length > 1)
                     .OrderByDescending(request => request.Wait).Take(6))
        {
            await output.WriteLineAsync($"  {request}");
        }
    }

    private static string At(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static async Task<string> MachineLoadAsync() =>
        File.Exists("/proc/loadavg") ? (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0] : "unknown";
}
