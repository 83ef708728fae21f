using System.Text.RegularExpressions;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy;

/// <summary>The instructions of <c>deploy/Dockerfile</c>, without comments, continued lines joined.</summary>
internal static partial class Dockerfile
{
    public const string Path = "deploy/Dockerfile";

    public static IReadOnlyList<(string Name, string Arguments)> Instructions { get; } = [.. File.ReadAllText(RepositoryRoot.File(Path))
        .Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
        .Where(line => line.Trim().Length > 0 && line[0] != '#')
        .Select(line => Instruction().Match(line)).Select(match => (match.Groups["name"].Value, match.Groups["arguments"].Value))];

    /// <summary>From the last FROM on: what is in the image that runs.</summary>
    public static IReadOnlyList<(string Name, string Arguments)> LastStage { get; } =
        [.. Instructions.Skip(Instructions.Select(line => line.Name).ToList().LastIndexOf("FROM"))];

    /// <summary>The only instruction that begins so.</summary>
    public static string Run(string start) =>
        Assert.Single(Instructions, line => line.Name == "RUN" && line.Arguments.StartsWith(start, StringComparison.Ordinal)).Arguments;

    [GeneratedRegex("^(?<name>[A-Z]+) +(?<arguments>.*)$")]
    private static partial Regex Instruction();
}
