using System.Diagnostics;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>The machine's own programs, such as <c>ip</c>. What they change belongs to the whole machine, so root is needed.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The directories of the superuser's programs are not in everybody's path.</summary>
    private static readonly string[] Directories =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    /// <summary>Where the program lies, or null.</summary>
    public static string? Find(string program) =>
        Directories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    /// <summary>Skips the spec where it is not run by root on Linux, or a program is missing.</summary>
    public static void Require(string what, params string[] programs)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            Requirements.Skip($"{what} need Linux and root.");
        }

        if (programs.FirstOrDefault(program => Find(program) is null) is { } missing)
        {
            Requirements.Skip($"{what} need the program {missing}.");
        }
    }

    /// <summary>Runs it to its end, for at most a minute.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo(Find(program) ?? program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        var text = await output + await errors;
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException($"{program} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {text}");
    }

    /// <summary>Runs one line, whose words hold no spaces.</summary>
    public static Task<string> RunAsync(string line) => line.Split(' ') is [var program, .. var arguments]
        ? RunAsync(program, arguments)
        : throw new ArgumentException("No program is named", nameof(line));
}
