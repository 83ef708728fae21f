using System.Diagnostics;
using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Bench;

/// <summary>The bench as its users start it, with sizes that say nothing about speed.</summary>
internal static class BenchProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit code, and what it wrote to its two outputs.</returns>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string directory, params string[] arguments)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host, ["exec", RepositoryRoot.OutputOf("KvStore.Bench"), .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            // It ends its servers on SIGTERM, and could not on SIGKILL.
            if (!process.HasExited)
            {
                NodeProcessSignals.Send(process.Id, NodeProcessSignals.Terminate);
            }
        }
    }

    /// <summary>A smoke run of these scenarios and peers.</summary>
    public static async Task<BenchFigures> CompareAsync(IEnumerable<string> scenarios, IEnumerable<string> peers, params string[] more)
    {
        using var directory = new TempDirectory();
        var (code, output, errors) = await RunAsync(
            directory.Path, ["compare", "--smoke", "--out", directory.Path, "--scenario", .. scenarios, "--peer", .. peers, .. more]);
        var file = directory.File("results.json");
        Assert.True(File.Exists(file), $"The bench ended with {code}:\n{errors}{output}");
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        return new BenchFigures(
            document.RootElement.Clone(), output, errors, [.. Directory.GetFiles(directory.Path, "*.svg").Select(path => Path.GetFileName(path))]);
    }
}
