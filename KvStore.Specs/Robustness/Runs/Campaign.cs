using System.Collections.Concurrent;
using System.Diagnostics;
using KvStore.Specs.Robustness.Faults;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>Runs of many seeds. One that does not pass ends nothing: the others go on.</summary>
/// <param name="evidence">Where runs that do not pass leave history and logs.</param>
internal sealed class Campaign(TextWriter output, string evidence)
{
    public int FirstSeed { get; init; } = 1;

    public int MaxRuns { get; init; } = 1;

    /// <summary>No run begins after it.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.MaxValue;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    public int Parallel { get; init; } = 1;

    /// <summary>Only faults whose name contains this; null: all.</summary>
    public string? Fault { get; init; }

    /// <summary>Leave history and logs also of runs that pass.</summary>
    public bool KeepsEvidence { get; init; }

    /// <summary>Gets the summary so far after each run, one call at a time: who ends a long campaign early wants to have it.</summary>
    public Action<CampaignSummary> AfterEach { get; init; } = static _ => { };

    public async Task<CampaignSummary> RunAsync(CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var reports = new ConcurrentQueue<RunReport>();
        var failures = new ConcurrentQueue<string>();
        var next = FirstSeed - 1;
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(RunOneAfterTheOtherAsync, cancel)));
        var summary = Summary();
        await output.WriteLineAsync(summary.Text());
        return summary;

        CampaignSummary Summary() => new([.. reports.OrderBy(report => report.Plan.Seed)], [.. failures], watch.Elapsed);

        async Task RunOneAfterTheOtherAsync()
        {
            while (watch.Elapsed < MaxTime && Interlocked.Increment(ref next) is var seed && seed < (long)FirstSeed + MaxRuns)
            {
                try
                {
                    var report = await RobustnessRun.RunAsync(PlanOf(seed), evidence, cancel);
                    reports.Enqueue(report with { Operations = [] });
                    Say(report.Line() + (report.Evidence is { } where ? $"\n{report.Text()}\nHistory and logs: {where}" : ""));
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    // The stage could not be set up, or taken down: no verdict, and certainly no pass.
                    failures.Enqueue($"seed {seed}: {fault.Message}");
                    Say($"seed {seed,4} | broken: {fault}");
                }

                lock (reports)
                {
                    AfterEach(Summary());
                }
            }
        }
    }

    /// <summary>Whether this is a part of the fault's name, in whatever case.</summary>
    public static bool IsNamed(IFault fault, string part) => fault.Name.Contains(part, StringComparison.OrdinalIgnoreCase);

    private RunPlan PlanOf(int seed)
    {
        var plan = RunPlan.Mixed(seed, Duration) with { KeepsEvidence = KeepsEvidence };
        return Fault is null ? plan : plan with { Faults = [.. AllFaults.List.Where(fault => IsNamed(fault, Fault))] };
    }

    private void Say(string text)
    {
        lock (output)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
