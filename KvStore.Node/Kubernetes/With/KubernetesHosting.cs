using Akka.Discovery.KubernetesApi;
using Akka.Hosting;
using Akka.Management;
using Akka.Management.Cluster.Bootstrap;
using KvStore.Node.Config;

namespace KvStore.Node.Kubernetes;

/// <summary>
/// Cluster bootstrap by Akka.Management over the Kubernetes API. Compiled only with <c>-p:KvStoreKubernetes=true</c>. What is rarely
/// set goes by HOCON, which no release of these packages can break at compile time.
/// </summary>
internal static class KubernetesHosting
{
    public const bool IsBuiltIn = true;

    /// <param name="mayFormCluster">
    /// False where other nodes serve from the store: then there is a cluster, and a part of the pods that sees only itself must not
    /// form another one.
    /// </param>
    public static AkkaConfigurationBuilder WithKubernetes(this AkkaConfigurationBuilder akka, NodeOptions options, bool mayFormCluster)
    {
        var kubernetes = options.Kubernetes;
        if (options.Cluster.Bootstrap != BootstrapMethod.Kubernetes)
        {
            return akka;
        }

        return akka
            .AddHocon(Discovery(kubernetes), HoconAddMode.Prepend)
            .WithAkkaManagement(
                hostName: kubernetes.PodAddress, port: kubernetes.ManagementPort,
                bindHostname: "0.0.0.0", bindPort: kubernetes.ManagementPort, autoStart: false)
            .WithClusterBootstrap(
                serviceName: kubernetes.ServiceName, portName: kubernetes.PortName,
                requiredContactPoints: kubernetes.RequiredContactPoints, newClusterEnabled: mayFormCluster, autoStart: true)
            .WithKubernetesDiscovery();
    }

    private static string Discovery(KubernetesOptions kubernetes) =>
        kubernetes.ContainerName.Length == 0 ? "" : $"akka.discovery.kubernetes-api.container-name = \"{kubernetes.ContainerName}\"";
}
