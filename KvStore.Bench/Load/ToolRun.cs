using System.Diagnostics;
using KvStore.Bench.Support;

namespace KvStore.Bench.Load;

/// <summary>A load generator's run, to its end.</summary>
internal static class ToolRun
{
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel);
            var text = await output + await errors;
            return process.ExitCode == 0 ? text : throw new BenchException($"{program} ended with {process.ExitCode}: {text}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
