using System.Diagnostics;
using System.Globalization;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Runs;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Robustness.Traffic;
using KvStore.Specs.Robustness.Verdict;

namespace KvStore.Specs.Robustness.Scenes;

/// <param name="Took">From the scene's first step to the verdict.</param>
/// <param name="NotPlayed">Why the scene shows nothing; null where it was played to its end, or a violation was seen before.</param>
/// <param name="Text">What happened, in order.</param>
internal sealed record SceneReport(RunVerdict Verdict, TimeSpan Took, string? NotPlayed, string Text)
{
    public bool IsPass => NotPlayed is null && Verdict.Result == RunResult.Pass;
}

/// <summary>Plays a scene: stage, steps, recovery, last reads, verdict.</summary>
internal static class SceneRun
{
    /// <summary>Steps have to meet moments of a second or less, on a machine that may be busy with others.</summary>
    private const int MaxTries = 3;

    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan FinalReadsPatience = TimeSpan.FromSeconds(60);

    /// <summary>Plays it again where it was not played to its end.</summary>
    public static async Task<SceneReport> RunAsync(Scene scene, string? program, CancellationToken cancel)
    {
        for (var left = MaxTries; ; left--)
        {
            var report = await TryAsync(scene, program, cancel);
            if (report.NotPlayed is null || left == 1)
            {
                return report;
            }
        }
    }

    private static async Task<SceneReport> TryAsync(Scene scene, string? program, CancellationToken cancel)
    {
        var history = new RunHistory();
        await using var stage = await Stage.StartAsync(scene.StageFor(program), history, cancel);
        await using var leases = await LeaseRecorder.StartAsync(scene.StageFor(program).Storage, stage.Storage.DirectConnectionString, history);
        await using var play = new ScenePlay(stage, history);
        string[] names = [.. stage.Nodes.Select(node => node.Name)];
        string? trouble = null;
        var watch = Stopwatch.StartNew();
        try
        {
            await play.BeginAsync();
            watch.Restart();
            await scene.Steps(play);
        }
        catch (Exception e) when (e is SceneNotPlayedException or TimeoutException)
        {
            trouble = e.Message;
        }

        // What the system did after a broken promise is of no interest.
        var seen = play.Snapshot();
        await leases.CatchUpAsync(ScenePlay.Patience);
        var early = RunVerdict.Judge(seen, names, leases.Changes, isScripted: true);
        if (early.Result == RunResult.Violation)
        {
            return Report(early, null);
        }

        await play.MendAsync();
        try
        {
            await stage.AwaitHealthyAsync(RecoveryPatience, cancel);
        }
        catch (TimeoutException e)
        {
            trouble ??= e.Message;
        }

        var unanswered = await FinalReads.ReadAsync([.. stage.Nodes.Select(node => (node.Name, node.Address))], history, FinalReadsPatience);
        if (unanswered.Length > 0)
        {
            trouble ??= $"{unanswered.Length} keys have no answer at the end.";
        }

        await leases.StopAsync();
        var verdict = RunVerdict.Judge(history, names, leases.Changes, isScripted: true);
        return Report(verdict, verdict.Result == RunResult.Violation ? null : trouble);

        SceneReport Report(RunVerdict judged, string? notPlayed) => new(
            judged, watch.Elapsed, notPlayed, TextOf(scene, judged, notPlayed, history) + (judged.Result == RunResult.Pass && notPlayed is null ? "" : stage.Logs()));
    }

    private static string TextOf(Scene scene, RunVerdict verdict, string? notPlayed, RunHistory history)
    {
        var events = history.Events.Select(happened => (happened.At, happened.What));
        var operations = history.Operations.Select(operation => (operation.End, "  " + OperationText.Of(operation)));
        var lines = events.Concat(operations).OrderBy(line => line.Item1)
            .Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Item1 / 1e6,8:0.000} {line.Item2}\n"));
        return $"scene {scene.Name}{(notPlayed is null ? "" : $", not played: {notPlayed}")}\n{verdict}\n{string.Concat(lines)}";
    }
}
