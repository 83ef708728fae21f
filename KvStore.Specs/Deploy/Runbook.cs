using System.Text.RegularExpressions;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy;

/// <summary>The runbook, <c>deploy/README.md</c>.</summary>
internal static partial class Runbook
{
    public const string Path = "deploy/README.md";

    public static string Text { get; } = File.ReadAllText(RepositoryRoot.File(Path));

    /// <summary>The commands in its code blocks, continued lines joined.</summary>
    public static IReadOnlyList<string> Commands { get; } = [.. CodeBlock().Matches(Text)
        .SelectMany(block => block.Groups["code"].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        .Select(line => Spaces().Replace(line, " ").Trim()).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>Its headings as the part of a link behind <c>#</c>.</summary>
    public static IReadOnlySet<string> Anchors { get; } = Heading().Matches(Text)
        .Select(heading => NoAnchor().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')).ToHashSet();

    /// <summary>The keys of a Secret that the operator is told to make; none where it is not told to.</summary>
    public static IEnumerable<string> KeysOfSecret(string name) => Commands
        .Where(command => command.Contains($"create secret generic {name} ", StringComparison.Ordinal))
        .SelectMany(command => SecretKey().Matches(command)).Select(key => key.Groups["key"].Value);

    [GeneratedRegex(@"^```[a-z]*\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("^#+ (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 -]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex("--from-literal=(?<key>[A-Za-z]+)=")]
    private static partial Regex SecretKey();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
