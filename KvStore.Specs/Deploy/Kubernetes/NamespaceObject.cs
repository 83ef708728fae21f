namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record NamespaceObject : KubernetesObject;
