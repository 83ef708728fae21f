using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What a stage has on the machine, so that it can be seen to go.</summary>
/// <param name="Directory">Of the stage, with its mount if it has one.</param>
internal sealed record Traces(string Directory, IReadOnlyList<int> Processes, IReadOnlyList<string> Namespaces, IReadOnlyList<string> Interfaces)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Traces Of(Stage stage) => new(
        stage.DirectoryPath,
        [.. stage.Nodes.Select(node => node.Process.ProcessId)],
        [.. List("/var/run/netns", stage.Prefix)],
        [.. List("/sys/class/net", stage.Prefix)]);

    /// <summary>Directories that stages of this process have now.</summary>
    public static IReadOnlyList<string> OfAll() => [.. List(Path.GetTempPath(), Stage.DirectoryPrefix)];

    public Task VanishAsync() => Eventually.HoldsAsync(
        $"nothing is left of {Directory}, {string.Join(", ", [.. Processes.Select(id => $"process {id}"), .. Namespaces, .. Interfaces])}",
        Patience,
        () => !System.IO.Directory.Exists(Directory)
            && !File.ReadAllText("/proc/mounts").Contains(Directory, StringComparison.Ordinal)
            && !Processes.Any(id => System.IO.Directory.Exists($"/proc/{id}"))
            && !List("/var/run/netns", "").Intersect(Namespaces).Any()
            && !List("/sys/class/net", "").Intersect(Interfaces).Any());

    private static IEnumerable<string> List(string directory, string prefix) => System.IO.Directory.Exists(directory)
        ? System.IO.Directory.EnumerateFileSystemEntries(directory, prefix + "*").Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)
        : [];
}
