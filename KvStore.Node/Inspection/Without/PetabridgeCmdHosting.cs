using Akka.Hosting;
using KvStore.Node.Config;

namespace KvStore.Node.Inspection;

/// <summary>Stands in where the build has no Petabridge.Cmd; <see cref="KubernetesRules"/> refuses a setting that asks for it.</summary>
internal static class PetabridgeCmdHosting
{
    public const bool IsBuiltIn = false;

    public static AkkaConfigurationBuilder WithPetabridgeCmd(this AkkaConfigurationBuilder akka, NodeOptions options) => akka;
}
