using System.Net;

namespace KvStore.Node.Config;

/// <summary>What must hold of the settings about Kubernetes. Each fault names its setting, its value and the bounds.</summary>
public static class KubernetesRules
{
    /// <param name="hasBootstrap">Whether this build has the bootstrap.</param>
    /// <param name="hasCmd">Whether this build has Petabridge.Cmd.</param>
    public static IEnumerable<string> FaultsOf(NodeOptions options, bool hasBootstrap, bool hasCmd)
    {
        ArgumentNullException.ThrowIfNull(options);
        var kubernetes = options.Kubernetes;
        if (kubernetes.PbmPort is < 0 or > 65_535)
        {
            yield return $"KvStore:Kubernetes:PbmPort: {kubernetes.PbmPort} is outside 0 to 65535.";
        }
        else if (kubernetes.PbmPort > 0 && !hasCmd)
        {
            yield return $"KvStore:Kubernetes:PbmPort: {NotBuiltIn("Petabridge.Cmd", "KvStorePetabridgeCmd", "0")}";
        }

        if (options.Cluster.Bootstrap != BootstrapMethod.Kubernetes)
        {
            yield break;
        }

        if (!hasBootstrap)
        {
            yield return $"KvStore:Cluster:Bootstrap: {NotBuiltIn("Kubernetes integration", "KvStoreKubernetes", "SeedNodes")}";
        }

        if (options.Cluster.SeedNodes.Length > 0)
        {
            yield return "KvStore:Cluster:SeedNodes: must be empty where KvStore:Cluster:Bootstrap is Kubernetes; the nodes would join by the one and not by the other.";
        }

        if (!IPAddress.TryParse(kubernetes.PodAddress, out _))
        {
            yield return $"KvStore:Kubernetes:PodAddress: '{kubernetes.PodAddress}' is no IP address. Set it from the pod's status.podIP.";
        }

        if (kubernetes.ManagementPort is < 1 or > 65_535)
        {
            yield return $"KvStore:Kubernetes:ManagementPort: {kubernetes.ManagementPort} is outside 1 to 65535.";
        }

        if (kubernetes.RequiredContactPoints is < 1 or > 1_000)
        {
            yield return $"KvStore:Kubernetes:RequiredContactPoints: {kubernetes.RequiredContactPoints} is outside 1 to 1000.";
        }

        foreach (var (name, value) in new[] { (nameof(kubernetes.ServiceName), kubernetes.ServiceName), (nameof(kubernetes.PortName), kubernetes.PortName) })
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                yield return $"KvStore:Kubernetes:{name}: is empty.";
            }
        }
    }

    private static string NotBuiltIn(string what, string property, string instead) =>
        $"this build has no {what}. Build with -p:{property}=true, or set it to {instead}. The image of deploy/Dockerfile has it.";
}
