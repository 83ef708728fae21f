namespace KvStore.Bench.Support;

/// <summary>Programs of the machine.</summary>
internal static class Tools
{
    /// <summary>Packages put servers into directories that are not in everybody's path.</summary>
    private static readonly string[] Directories =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"];

    public static string? Find(string program) =>
        Directories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    /// <exception cref="MissingToolException">It is not there; the message says how to get it.</exception>
    public static string Require(string program, string package) =>
        Find(program) ?? throw new MissingToolException($"{program} is not installed: apt-get install {package}");
}
