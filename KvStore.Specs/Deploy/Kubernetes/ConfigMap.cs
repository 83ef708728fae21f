namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record ConfigMap : KubernetesObject
{
    public required Dictionary<string, string> Data { get; init; }
}
