using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace KvStore.Bench.CommandLine;

/// <summary><c>micro</c>: the inner parts, each alone, with what they allocate.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var smoke = new Option<bool>("--smoke") { Description = "Calls each once: shows that it works, and nothing else." };
        var command = new Command("micro", "Times the inner parts by BenchmarkDotNet, which gets all further arguments; --filter '*Wire*', --list flat, --job short.")
        {
            smoke,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(arguments => Run([.. arguments.UnmatchedTokens], arguments.GetValue(smoke)));
        return command;
    }

    /// <returns>The exit code: 1 where a benchmark failed.</returns>
    private static int Run(string[] arguments, bool isSmoke)
    {
        // Without a filter it would ask.
        string[] filter = arguments.Any(argument => argument is "--filter" or "-f" or "--list") ? [] : ["--filter", "*"];
        string[] dry = isSmoke ? ["--job", "Dry"] : [];

        // In this process: it is built already, and the parts share nothing that one could spoil for the next.
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run([.. arguments, .. filter, .. dry, "--inProcess"], Config(isSmoke)).ToArray();
        return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
    }

    private static IConfig Config(bool isSmoke) => DefaultConfig.Instance
        .AddDiagnoser(MemoryDiagnoser.Default)
        .WithArtifactsPath(Path.Combine("TestResults", "bench", "micro"))
        .WithSummaryStyle(SummaryStyle.Default)
        .WithOptions(isSmoke ? ConfigOptions.DisableOptimizationsValidator : ConfigOptions.Default);
}
