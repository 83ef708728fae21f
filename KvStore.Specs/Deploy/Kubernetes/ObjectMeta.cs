namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record ObjectMeta
{
    /// <summary>Empty in the template of a pod.</summary>
    public string Name { get; init; } = "";

    /// <summary>Kustomize fills it in.</summary>
    public string? Namespace { get; init; }

    public Dictionary<string, string> Labels { get; init; } = [];

    public Dictionary<string, string> Annotations { get; init; } = [];
}
