using System.Globalization;
using Akka.Hosting;
using KvStore.Node.Config;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;
using Petabridge.Cmd.Remote;

namespace KvStore.Node.Inspection;

/// <summary>Inspection by Petabridge.Cmd. Compiled only with <c>-p:KvStorePetabridgeCmd=true</c>.</summary>
internal static class PetabridgeCmdHosting
{
    public const bool IsBuiltIn = true;

    public static AkkaConfigurationBuilder WithPetabridgeCmd(this AkkaConfigurationBuilder akka, NodeOptions options) => options.Kubernetes.PbmPort == 0
        ? akka
        : akka
            .AddHocon(Listening(options.Kubernetes.PbmPort), HoconAddMode.Prepend)
            .AddPetabridgeCmd(cmd =>
            {
                cmd.RegisterCommandPalette(ClusterCommands.Instance);
                cmd.RegisterCommandPalette(ClusterShardingCommands.Instance);
                cmd.RegisterCommandPalette(new RemoteCommands());
            });

    /// <summary>It has no password and can take members out, so nobody outside the pod may reach it.</summary>
    private static string Listening(int port) =>
        string.Create(CultureInfo.InvariantCulture, $"petabridge.cmd {{ host = \"127.0.0.1\", port = {port} }}");
}
