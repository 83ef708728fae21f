namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>A <c>kustomization.yaml</c>, in the spelling that old and current versions of kustomize build.</summary>
internal sealed record Kustomization
{
    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    public string? Namespace { get; init; }

    public List<string> Bases { get; init; } = [];

    public List<string> Resources { get; init; } = [];

    public List<Generator> ConfigMapGenerator { get; init; } = [];

    public GeneratorOptionSet? GeneratorOptions { get; init; }

    public List<Patch> PatchesJson6902 { get; init; } = [];

    public List<ImageName> Images { get; init; } = [];

    internal sealed record Generator
    {
        public required string Name { get; init; }

        public string? Behavior { get; init; }

        public List<string> Literals { get; init; } = [];

        public List<string> Files { get; init; } = [];
    }

    internal sealed record GeneratorOptionSet
    {
        public required bool DisableNameSuffixHash { get; init; }

        public required Dictionary<string, string> Labels { get; init; }
    }

    internal sealed record Patch
    {
        public required PatchTarget Target { get; init; }

        public required string Path { get; init; }
    }

    internal sealed record PatchTarget
    {
        public required string Group { get; init; }

        public required string Version { get; init; }

        public required string Kind { get; init; }

        public required string Name { get; init; }
    }

    internal sealed record ImageName
    {
        public required string Name { get; init; }

        public string? NewName { get; init; }

        public required string NewTag { get; init; }
    }
}
