using System.Globalization;
using KvStore.Specs.Robustness.SeededBugs;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>
/// Each scene is played on the program as it is, which must get through it, and on a program with the bug that it was made for, which
/// must not. <c>KVSTORE_SPECS_SCALE=1</c> plays all of them; else only two, of the program as it is.
/// </summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class SceneSpecs(MutantFixture mutants, ITestOutputHelper output) : IClassFixture<MutantFixture>
{
    private static readonly string[] Always = [nameof(ZombieScenes.ShardThatCameBack), nameof(SilenceScenes.CommitWhoseAnswerIsCut)];

    private static bool IsWhole => Environment.GetEnvironmentVariable("KVSTORE_SPECS_SCALE") == "1";

    public static TheoryData<string> Scenes => [.. SceneList.All.Select(scene => scene.Name)];

    public static TheoryData<string> Bugs => [.. SceneList.BugsWithScenes.Select(bug => bug.Name)];

    [SkippableTheory]
    [MemberData(nameof(Scenes))]
    public async Task The_program_gets_through(string scene)
    {
        Skip.IfNot(IsWhole || Always.Contains(scene), "Played with KVSTORE_SPECS_SCALE=1.");
        var report = await SceneRun.RunAsync(SceneList.Named(scene), null, CancellationToken.None);
        output.WriteLine(Line(scene, report.Verdict.Result.ToString(), report.Took));
        Assert.True(report.IsPass, report.Text);
    }

    [SkippableTheory]
    [MemberData(nameof(Bugs))]
    public async Task A_seeded_bug_is_found(string name)
    {
        Skip.IfNot(IsWhole, "Played with KVSTORE_SPECS_SCALE=1.");
        var bug = SeededBugList.Named(name);
        var report = await SeededBugHunt.RunAsync(bug, await mutants.Build.BuildAsync(bug), CancellationToken.None);
        output.WriteLine(Line(name, report.Verdict.Result.ToString(), report.Took));
        output.WriteLine(report.Verdict.ToString());
        Assert.True(report.IsFound, report.Text);
        Assert.True(report.Took <= bug.Within, $"found after {report.Took.TotalSeconds:F1} s\n{report.Text}");
    }

    private static string Line(string what, string result, TimeSpan took) =>
        string.Create(CultureInfo.InvariantCulture, $"SCENE {what}: {result} after {took.TotalSeconds:F1} s");
}
