using System.Diagnostics;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>
/// The node with the Kubernetes integration: one that somebody has built already, else one that is built here, beside the sources
/// and their outputs. Unlike the image it is built without Petabridge.Cmd, which fewer registries have, and which bootstraps
/// nothing. What is built here goes when this is disposed.
/// </summary>
internal sealed class KubernetesBuild : IDisposable
{
    /// <summary>The path of a <c>KvStore.Node.dll</c> that was built with <c>-p:KvStoreKubernetes=true</c>.</summary>
    public const string Variable = "KVSTORE_KUBERNETES_PROGRAM";

    private const string Project = "KvStore.Node";

    /// <summary>A build takes about half a minute; the machine may be busy with nodes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>What a restore ends with where the registry answers and has no such package, or not that version of it.</summary>
    private static readonly string[] NotThere = ["NU1101", "NU1102"];

    private readonly TempDirectory _directory = new();

    /// <summary>
    /// Skips the spec where packages of the integration cannot be had. As far as they can, it must compile all the same.
    /// </summary>
    /// <param name="note">Is told what was done.</param>
    /// <returns>Its <c>KvStore.Node.dll</c>.</returns>
    /// <exception cref="InvalidOperationException">It does not build; the message holds the output.</exception>
    public async Task<string> MakeAsync(Action<string> note)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            note($"{Variable} names the build");
            return File.Exists(given) ? given : throw new FileNotFoundException($"{Variable} names {given}, which is not there", given);
        }

        if (!await TryAsync("restore"))
        {
            note(await TryAsync("build", "-p:KvStoreCompileOnly=true")
                ? "it compiles, against releases of some packages that it could not run with"
                : "it cannot even be compiled");
            Requirements.SkipWithoutPackages();
        }

        await TryAsync("publish", "--no-restore", "-o", _directory.File("program"));
        note("it was built");
        return _directory.File(Path.Combine("program", Project + ".dll"));
    }

    public void Dispose() => _directory.Dispose();

    /// <returns>False where the registry lacks a package.</returns>
    private async Task<bool> TryAsync(string command, params string[] more)
    {
        var (code, output) = await DotnetAsync(command, more);
        return code == 0 || (NotThere.Any(fault => output.Contains(fault, StringComparison.Ordinal))
            ? false
            : throw new InvalidOperationException($"{Project} does not build with the Kubernetes integration:\n{output}"));
    }

    private async Task<(int Code, string Output)> DotnetAsync(string command, string[] more)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                command, RepositoryRoot.File(Project), .. more, "-p:KvStoreKubernetes=true", "-p:KvStorePetabridgeCmd=false",
                "--artifacts-path", _directory.File("artifacts"), "-v", "q",
            ])
        {
            WorkingDirectory = RepositoryRoot.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // No server of the build may outlive it.
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var dotnet = Process.Start(start)!;
        var (output, errors) = (dotnet.StandardOutput.ReadToEndAsync(), dotnet.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await dotnet.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            dotnet.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {command} did not end within {Patience.TotalMinutes:0} min:\n{await output}{await errors}");
        }

        return (dotnet.ExitCode, await output + await errors);
    }
}
