using System.Collections.Immutable;
using System.CommandLine;
using KvStore.Bench.Peers;
using KvStore.Bench.Report;
using KvStore.Bench.Runs;
using KvStore.Bench.Scenarios;
using KvStore.Bench.Support;

namespace KvStore.Bench.CommandLine;

/// <summary><c>compare</c>: peers side by side.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var options = new CompareOptions();
        var command = new Command("compare", "Starts peers side by side, loads them in turn and prints how they compare. Default.");
        options.AddTo(command);
        command.SetAction(async (arguments, cancel) =>
        {
            try
            {
                return await RunAsync(options, arguments, cancel);
            }
            catch (BenchException fault)
            {
                await Console.Error.WriteLineAsync(fault.Message);
                return 1;
            }
            catch (OperationCanceledException fault) when (!cancel.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync($"Something took too long: {fault}");
                return 1;
            }
        });
        return command;
    }

    /// <returns>The exit code: 2 where a figure is invalid.</returns>
    private static async Task<int> RunAsync(CompareOptions options, ParseResult arguments, CancellationToken cancel)
    {
        var asked = options.Read(arguments);
        var directory = Directory.CreateDirectory(options.OutputOf(arguments)).FullName;
        ImmutableArray<Scenario> scenarios = options.ScenariosOf(arguments);
        foreach (var build in asked.Builds)
        {
            Progress.Say($"{(build.Label.Length == 0 ? "KvStore" : build.Label)}: {build.Describe()}");
        }

        var report = await new BenchRun(asked).RunAsync(scenarios, soFar => Save(directory, soFar), cancel);
        MarkdownReport.Write(Console.Out, report);
        Progress.Say($"written to {directory}");
        return report.Scenarios.SelectMany(scenario => scenario.Contestants).All(contestant => contestant.Fault is null) ? 0 : 2;
    }

    private static void Save(string directory, BenchReport report)
    {
        JsonReport.Write(Path.Combine(directory, "results.json"), report);
        using var markdown = new StreamWriter(Path.Combine(directory, "results.md"));
        MarkdownReport.Write(markdown, report);
        Plots.Write(directory, report.Scenarios[^1]);
    }
}
