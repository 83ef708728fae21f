using KvStore.Specs.Robustness.Runs;
using KvStore.Specs.Robustness.SeededBugs;
using KvStore.Specs.Robustness.Verdict;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Scenes;

/// <param name="Took">From the first harm to the verdict, the start of the nodes excluded.</param>
internal sealed record HuntReport(RunVerdict Verdict, TimeSpan Took, string Text)
{
    public bool IsFound => Verdict.Result == RunResult.Violation;
}

/// <summary>What a bug is looked for with: the scene that was made for it, or else the schedule of faults that any run has.</summary>
internal static class SeededBugHunt
{
    private const int Seed = 1;

    /// <summary>How long faults go on in a run of the ordinary schedule.</summary>
    private static readonly TimeSpan ScheduleDuration = TimeSpan.FromSeconds(20);

    /// <param name="program">Null: the program that was built with the specs, in which nothing may be found.</param>
    public static async Task<HuntReport> RunAsync(SeededBug bug, string? program, CancellationToken cancel)
    {
        if (SceneList.For(bug) is { } scene)
        {
            var report = await SceneRun.RunAsync(scene, program, cancel);
            return new HuntReport(report.Verdict, report.Took, report.Text);
        }

        var evidence = Directory.CreateTempSubdirectory("kvstore-hunt-").FullName;
        try
        {
            var mixed = RunPlan.Mixed(Seed, bug.Within);
            var run = await RobustnessRun.RunAsync(mixed with { Stage = mixed.Stage with { Program = program } }, evidence, cancel);
            return new HuntReport(run.Verdict, run.Took, run.Text());
        }
        finally
        {
            Directory.Delete(evidence, recursive: true);
        }
    }

    /// <summary>Runs the ordinary schedule of one seed after the other, until one is red.</summary>
    /// <param name="seeds">At least one.</param>
    public static async Task<ScheduleHunt> ByScheduleAsync(SeededBug bug, string? program, IReadOnlyList<int> seeds, CancellationToken cancel)
    {
        var reports = new List<RunReport>();
        foreach (var seed in seeds)
        {
            var plan = RunPlan.Mixed(seed, ScheduleDuration);
            var run = plan with { Stage = plan.Stage with { Program = program } };
            var report = await RobustnessRun.RunAsync(run, RepositoryRoot.File("TestResults/seeded-bugs"), cancel);
            reports.Add(report);
            if (report.Verdict.Result == RunResult.Violation)
            {
                break;
            }
        }

        return new ScheduleHunt(bug, [.. reports]);
    }
}
