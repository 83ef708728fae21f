namespace KvStore.Node.Config;

/// <summary>How a node finds the cluster.</summary>
public enum BootstrapMethod
{
    /// <summary>By <c>KvStore:Cluster:SeedNodes</c>, and by the nodes that renew in the store.</summary>
    SeedNodes,

    /// <summary>By the pods that the Kubernetes API lists (<see cref="KubernetesOptions"/>), and by the nodes that renew in the store.</summary>
    Kubernetes,
}
