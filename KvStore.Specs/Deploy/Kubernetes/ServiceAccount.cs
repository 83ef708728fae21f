namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record ServiceAccount : KubernetesObject
{
    public required bool AutomountServiceAccountToken { get; init; }
}
