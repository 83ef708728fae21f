using System.Diagnostics;
using System.Globalization;

namespace KvStore.Specs.Support;

/// <summary>An installed PostgreSQL, and how to run its programs: it refuses to be run by root.</summary>
internal static class PostgresBinaries
{
    private const int OldestVersion = 15;

    private static readonly Lazy<string?> Found = new(Find);

    /// <summary>The directory of the newest installation, or null where there is none that is new enough.</summary>
    public static string? Directory => Found.Value;

    /// <summary>The user whose programs and files they have to be; null where it is our own.</summary>
    public static string? User { get; } = Environment.UserName != "root" ? null : IsUser("postgres") ? "postgres" : "nobody";

    public static ProcessStartInfo Command(string program, params IEnumerable<string> arguments)
    {
        var path = Path.Combine(Directory!, program);
        if (User is null)
        {
            return new ProcessStartInfo(path, arguments);
        }

        // setpriv becomes the program; runuser may stay in between, so process ids are read from PostgreSQL's own file.
        return File.Exists("/usr/bin/setpriv")
            ? new ProcessStartInfo("setpriv", [$"--reuid={User}", $"--regid={GroupOf(User)}", "--clear-groups", path, .. arguments])
            : new ProcessStartInfo("runuser", ["-u", User, "--", path, .. arguments]);
    }

    /// <summary>Runs a short program to its end.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(ProcessStartInfo command)
    {
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        using var process = Process.Start(command)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(patience.Token);
        var text = await output + await errors;
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException($"{command.FileName} {string.Join(' ', command.ArgumentList)} ended with {process.ExitCode}: {text}");
    }

    private static bool IsUser(string name) => File.ReadLines("/etc/passwd").Any(line => line.StartsWith($"{name}:", StringComparison.Ordinal));

    private static string GroupOf(string user) => File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(line => line[0] == user)[3];

    private static string? Find()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        IEnumerable<string> installed = System.IO.Directory.Exists("/usr/lib/postgresql")
            ? System.IO.Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
            : [];
        return installed
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Where(directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")))
            .Select(directory => (Directory: directory, Version: VersionOf(directory)))
            .Where(found => found.Version >= OldestVersion)
            .OrderByDescending(found => found.Version)
            .Select(found => found.Directory)
            .FirstOrDefault();
    }

    private static int VersionOf(string directory)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(directory, "postgres"), ["--version"]) { RedirectStandardOutput = true })!;
        var digits = process.StandardOutput.ReadToEnd().SkipWhile(c => !char.IsDigit(c)).TakeWhile(char.IsDigit).ToArray();
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }
}
