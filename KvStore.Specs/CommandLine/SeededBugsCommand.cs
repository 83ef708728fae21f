using System.CommandLine;
using System.Globalization;
using KvStore.Specs.Robustness.Scenes;
using KvStore.Specs.Robustness.SeededBugs;

namespace KvStore.Specs.CommandLine;

/// <summary><c>seeded-bugs</c>: builds programs with a broken rule, and shows which of them are found, and how soon.</summary>
internal static class SeededBugsCommand
{
    public static Command Create()
    {
        var names = new Option<string[]>("--bug") { Description = "Only these bugs (default: all).", AllowMultipleArgumentsPerToken = true };
        var seeds = new Option<int[]>("--seeds")
        {
            Description = "Hunts with the random schedule of these seeds, one after the other until one is red, instead of with the bug's scene.",
            AllowMultipleArgumentsPerToken = true,
        };
        var isRight = new Option<bool>("--right") { Description = "Plays on the right program, which must pass." };
        var command = new Command("seeded-bugs", "Whether broken rules of the protocol are found.") { names, seeds, isRight };
        command.SetAction(async (arguments, cancel) =>
        {
            await using var build = new MutantBuild();
            var wanted = arguments.GetValue(names) ?? [];
            var bugs = SeededBugList.All.Where(bug => wanted.Length == 0 || wanted.Contains(bug.Name));
            var missed = 0;
            foreach (var bug in bugs)
            {
                try
                {
                    var program = arguments.GetValue(isRight) ? null : await build.BuildAsync(bug, cancel);
                    missed += await IsAsExpectedAsync(bug, program, arguments.GetValue(seeds) ?? [], cancel) ? 0 : 1;
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    // The bug was not played: that is no find, and the others are to be hunted all the same.
                    missed++;
                    await Console.Out.WriteLineAsync($"{bug}: {fault}");
                }
            }

            return missed == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task<bool> IsAsExpectedAsync(SeededBug bug, string? program, int[] seeds, CancellationToken cancel)
    {
        if (seeds.Length > 0)
        {
            var hunt = await SeededBugHunt.ByScheduleAsync(bug, program, seeds, cancel);
            await Console.Out.WriteLineAsync(hunt.Line());
            return hunt.IsRed == program is not null;
        }

        var report = await SeededBugHunt.RunAsync(bug, program, cancel);
        await Console.Out.WriteLineAsync(
            string.Create(CultureInfo.InvariantCulture, $"scene of {bug}: {report.Verdict.Result} after {report.Took.TotalSeconds:F1} s\n{report.Text}"));
        return report.IsFound == program is not null;
    }
}
