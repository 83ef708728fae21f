using KvStore.Specs.Support;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace KvStore.Specs.Deploy.Compose;

/// <summary>What <c>deploy/compose.yaml</c> may hold; anything else in it is a fault when it is read.</summary>
internal sealed record ComposeFile
{
    public const string Path = "deploy/compose.yaml";

    /// <summary>Merged into the environment of each node.</summary>
    [YamlMember(Alias = "x-settings", ApplyNamingConventions = false)]
    public required Dictionary<string, string> Settings { get; init; }

    /// <summary>Merged into each node.</summary>
    [YamlMember(Alias = "x-node", ApplyNamingConventions = false)]
    public required ComposeService Node { get; init; }

    public required Dictionary<string, ComposeService> Services { get; init; }

    public required Dictionary<string, object?> Volumes { get; init; }

    public static ComposeFile Read()
    {
        using var text = File.OpenText(RepositoryRoot.File(Path));
        return new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .WithDuplicateKeyChecking()
            .WithEnforceRequiredMembers()
            .Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(text)));
    }
}
