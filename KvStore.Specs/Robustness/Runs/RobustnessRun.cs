using System.Diagnostics;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Robustness.Traffic;
using KvStore.Specs.Robustness.Verdict;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// One run: a stage, clients that do not stop asking, faults, recovery, last reads, verdict. Whatever is not a pass leaves
/// history and logs in a directory that its report names.
/// </summary>
internal static class RobustnessRun
{
    /// <summary>So that the first fault hits a system under load, and the last one is followed by some.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan FinalReadsPatience = TimeSpan.FromSeconds(60);

    /// <param name="evidence">Where a run that does not pass leaves a directory of its own.</param>
    public static async Task<RunReport> RunAsync(RunPlan plan, string evidence, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var history = new RunHistory();
        await using var stage = await Stage.StartAsync(plan.Stage, history, cancel);
        await using var leases = await LeaseRecorder.StartAsync(plan.Stage.Storage, stage.Storage.DirectConnectionString, history);
        var (nodes, faults, troubles) = (Addresses(stage), (IReadOnlyDictionary<string, int>)new Dictionary<string, int>(), new List<string>());
        var recovery = TimeSpan.Zero;
        ClientCounts clients;
        await using (var traffic = ClientTraffic.Start(plan.Traffic, nodes, history))
        {
            await Task.Delay(WarmUp, cancel);
            try
            {
                faults = await new FaultSchedule(plan.Faults, plan.Lanes, plan.Seed, plan.ShortestFault, plan.LongestFault)
                    .RunAsync(stage, history, plan.Duration, cancel);
                var mended = history.Now;
                await stage.AwaitHealthyAsync(RecoveryPatience, cancel);
                recovery = TimeSpan.FromMicroseconds(history.Now - mended);
                await Task.Delay(WarmUp, cancel);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // What the clients have seen until here is judged all the same, and the logs are wanted more than ever.
                troubles.Add(fault.Message);
            }

            await traffic.StopAsync();
            clients = new ClientCounts(traffic.Sent, traffic.Missed);
        }

        var unanswered = troubles.Count == 0 ? await FinalReads.ReadAsync(nodes, history, FinalReadsPatience) : [];
        if (unanswered.Length > 0)
        {
            troubles.Add($"{unanswered.Length} keys have no answer at the end, such as {string.Join(", ", unanswered.Take(5))}");
        }

        if (troubles.Count == 0)
        {
            await leases.StopAsync();
        }

        var verdict = RunVerdict.Judge(history, [.. nodes.Select(node => node.Name)], leases.Changes);
        var report = new RunReport(plan, OperationTotals.Of(history), clients, faults, verdict, troubles, recovery, watch.Elapsed)
        {
            Operations = history.Operations,
        };
        return report.IsPass && !plan.KeepsEvidence ? report : report with { Evidence = await SaveAsync(evidence, report, stage, history) };
    }

    private static List<(string Name, Uri Address)> Addresses(Stage stage) => [.. stage.Nodes.Select(node => (node.Name, node.Address))];

    private static async Task<string> SaveAsync(string evidence, RunReport report, Stage stage, RunHistory history)
    {
        var directory = Path.Combine(evidence, $"seed-{report.Plan.Seed}-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}");
        await stage.SaveLogsAsync(directory);
        HistoryFile.Save(history, Path.Combine(directory, "history.jsonl"));
        await File.WriteAllTextAsync(Path.Combine(directory, "report.txt"), report.Text());
        return directory;
    }
}
