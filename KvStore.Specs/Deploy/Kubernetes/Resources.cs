namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record Resources
{
    public required Dictionary<string, string> Requests { get; init; }

    public Dictionary<string, string> Limits { get; init; } = [];
}
