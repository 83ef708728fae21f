namespace KvStore.Specs.Support;

/// <summary>Where the solution lies, and what was built beside the specs.</summary>
internal static class RepositoryRoot
{
    private const string Landmark = "KvStore.sln";

    public static string Path { get; } = Find();

    public static string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// An assembly in the output of the project of that name, built in the specs' own configuration and framework: of
    /// <c>KvStore.Specs/bin/Debug/net10.0</c> the end is kept.
    /// </summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string OutputOf(string project)
    {
        var specs = System.IO.Path.Combine(Path, "KvStore.Specs");
        var output = System.IO.Path.GetRelativePath(specs, AppContext.BaseDirectory);
        var file = System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, project, output, project + ".dll"));
        return System.IO.File.Exists(file) ? file : throw new FileNotFoundException($"{project} is not built: there is no {file}", file);
    }

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(directory.FullName, Landmark)))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds {Landmark}");
    }
}
