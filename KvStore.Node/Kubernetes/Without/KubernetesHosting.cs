using Akka.Hosting;
using KvStore.Node.Config;

namespace KvStore.Node.Kubernetes;

/// <summary>Stands in where the build has no Kubernetes integration; <see cref="KubernetesRules"/> refuses settings that ask for it.</summary>
internal static class KubernetesHosting
{
    public const bool IsBuiltIn = false;

    public static AkkaConfigurationBuilder WithKubernetes(this AkkaConfigurationBuilder akka, NodeOptions options, bool mayFormCluster) => akka;
}
