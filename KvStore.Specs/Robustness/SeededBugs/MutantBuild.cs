using System.Diagnostics;
using System.Text;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.SeededBugs;

/// <summary>
/// Builds programs with a seeded bug, beside the sources and outputs of the repository, which stay as they are. One copy of
/// the sources, with what the build of the specs left in <c>obj</c> and <c>bin</c>, serves all bugs one after another: only
/// the assembly that a bug is in is compiled again. Each mutant is a directory of its own, where all other files are links
/// to the node's real output, so that several can run at a time. All of it goes when this is disposed.
/// </summary>
internal sealed class MutantBuild : IAsyncDisposable
{
    /// <summary>A compilation takes about 10 s of one processor; the machine may be busy with nodes.</summary>
    private static readonly TimeSpan CompilePatience = TimeSpan.FromMinutes(10);

    private static readonly string[] Projects = ["KvStore.Messages", "KvStore.Http", "KvStore.Node"];
    private static readonly string[] Shared = ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig"];

    private readonly TempDirectory _directory = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _original = RepositoryRoot.OutputOf("KvStore.Node");
    private bool _isCopied;

    /// <summary>Debug or Release, whichever the specs were built in.</summary>
    private string Configuration => new DirectoryInfo(_original).Parent!.Parent!.Name;

    private string Framework => new DirectoryInfo(_original).Parent!.Name;

    private string Sources => _directory.File("sources");

    /// <summary>Builds the program with this bug; one that was built before is there already.</summary>
    /// <returns>Its <c>KvStore.Node.dll</c>.</returns>
    /// <exception cref="InvalidOperationException">An edit does not fit the sources, or the mutant does not compile; the message holds the compiler's output.</exception>
    /// <exception cref="TimeoutException">The compiler did not end in time.</exception>
    public async Task<string> BuildAsync(SeededBug bug, CancellationToken cancel = default)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var output = Path.Combine(_directory.Path, "mutants", bug.Name);
            var program = Path.Combine(output, Path.GetFileName(_original));
            if (File.Exists(program))
            {
                return program;
            }

            CopySources();
            var assemblies = await CompileAsync(bug, cancel);
            LinkOutput(output, assemblies);
            return program;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A build under way ends by itself, and must not write into a directory that is gone.
        await _turn.WaitAsync();
        _directory.Dispose();
        _turn.Dispose();
    }

    private void CopySources()
    {
        if (_isCopied)
        {
            return;
        }

        foreach (var project in Projects)
        {
            // Packages and their natives in the node's output are of no use to a compiler.
            Copy(new DirectoryInfo(RepositoryRoot.File(project)), Path.Combine(Sources, project), withOutputs: project != "KvStore.Node");
        }

        foreach (var name in Shared)
        {
            File.Copy(RepositoryRoot.File(name), Path.Combine(Sources, name));
        }

        _isCopied = true;
    }

    private static void Copy(DirectoryInfo from, string to, bool withOutputs)
    {
        Directory.CreateDirectory(to);
        foreach (var file in from.EnumerateFiles())
        {
            // The times come along, so that what was up to date still is.
            file.CopyTo(Path.Combine(to, file.Name));
        }

        foreach (var directory in from.EnumerateDirectories().Where(directory => withOutputs || directory.Name is not "bin"))
        {
            Copy(directory, Path.Combine(to, directory.Name), withOutputs: true);
        }
    }

    /// <summary>Applies the edits, compiles what they touch, and takes them back, also where that fails.</summary>
    /// <returns>The assemblies that are not as in the original any more.</returns>
    private async Task<List<string>> CompileAsync(SeededBug bug, CancellationToken cancel)
    {
        var before = bug.Edits.Select(edit => edit.File).Distinct().ToDictionary(file => file, ReadSource);
        try
        {
            foreach (var edits in bug.Edits.GroupBy(edit => edit.File))
            {
                WriteSource(edits.Key, edits.Aggregate(before[edits.Key], (source, edit) => edit.ApplyTo(source)));
            }

            var assemblies = new List<string>();
            foreach (var project in Projects.Where(project => bug.Edits.Any(edit => edit.Project == project)))
            {
                await CompileAsync(bug, project, cancel);

                // Set aside: the next bug's compilation writes over it.
                var compiled = Path.Combine(Sources, project, "obj", Configuration, Framework, project + ".dll");
                var kept = _directory.File($"{bug.Name}.{project}.dll");
                File.Copy(compiled, kept);
                assemblies.Add(kept);
            }

            return assemblies;
        }
        finally
        {
            foreach (var (file, source) in before)
            {
                WriteSource(file, source);
            }
        }
    }

    private string ReadSource(string file) => File.ReadAllText(Path.Combine(Sources, file));

    private void WriteSource(string file, string source) => File.WriteAllText(Path.Combine(Sources, file), source);

    private async Task CompileAsync(SeededBug bug, string project, CancellationToken cancel)
    {
        // Compiled and no more: nothing is restored and no analyzer looks at it, since a mutant may have lines that nothing
        // reaches. And no server of the build may outlive it.
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                "build", Path.Combine(Sources, project), "-t:Compile", "-c", Configuration, "--no-restore", "--nologo", "-v", "q",
                "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:BuildProjectReferences=false", "-p:RunAnalyzers=false",
                "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false",
            },
            WorkingDirectory = Sources,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        using var build = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(CompilePatience);
        var output = new StringBuilder();
        build.OutputDataReceived += (_, line) => Note(line.Data);
        build.ErrorDataReceived += (_, line) => Note(line.Data);
        build.BeginOutputReadLine();
        build.BeginErrorReadLine();
        try
        {
            await build.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            build.Kill(entireProcessTree: true);
            await build.WaitForExitAsync(CancellationToken.None);
            cancel.ThrowIfCancellationRequested();
            throw new TimeoutException($"{bug} does not compile within {CompilePatience.TotalSeconds} s:\n{Told()}");
        }

        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException($"{bug} does not compile:\n{Told()}");
        }

        void Note(string? line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }

        string Told()
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    private void LinkOutput(string output, List<string> assemblies)
    {
        // Made whole before it gets its name, so that a directory that is there is a mutant that is there.
        var unfinished = output + ".unfinished";
        Directory.CreateDirectory(unfinished);
        var original = new DirectoryInfo(_original).Parent!;
        var program = Path.GetFileName(_original);
        foreach (var entry in original.EnumerateFileSystemInfos())
        {
            var name = Path.Combine(unfinished, entry.Name);
            if (assemblies.Find(assembly => assembly.EndsWith("." + entry.Name, StringComparison.Ordinal)) is { } mutated)
            {
                File.Move(mutated, name);
            }
            else if (entry.Name == program)
            {
                // The host looks for everything else beside the place where this one really is.
                File.Copy(entry.FullName, name);
            }
            else
            {
                File.CreateSymbolicLink(name, entry.FullName);
            }
        }

        Directory.Move(unfinished, output);
    }
}
