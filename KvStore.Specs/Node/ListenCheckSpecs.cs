using System.Net;
using System.Net.Sockets;
using KvStore.Node;
using KvStore.Node.Config;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node;

public sealed class ListenCheckSpecs
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("")]
    public void A_node_may_listen_on_all_addresses_on_one_and_on_that_of_a_name(string bindHostname)
    {
        var options = new NodeOptions();
        options.Cluster.BindHostname = bindHostname;
        options.Cluster.Port = FreePorts.Next();
        options.Cluster.LinkPort = FreePorts.Next();
        Assert.Empty(ListenCheck.FaultsOf(options, [$"http://+:{FreePorts.Next()}"]));
    }

    [Fact]
    public void Of_two_cluster_ports_that_one_is_named_which_is_in_use()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var inUse = ((IPEndPoint)taken.LocalEndpoint).Port;

        AssertFault("KvStore:Cluster:Port", inUse, cluster => (cluster.Port, cluster.LinkPort) = (inUse, FreePorts.Next()));
        AssertFault("KvStore:Cluster:LinkPort", inUse, cluster => (cluster.Port, cluster.LinkPort) = (FreePorts.Next(), inUse));
    }

    /// <summary>Nothing can listen on that address, and about a port that is yet to be chosen nothing can be said.</summary>
    [Fact]
    public void Any_free_link_port_is_not_tried()
    {
        var options = new NodeOptions();
        options.Cluster.BindHostname = "192.0.2.1";
        Assert.StartsWith("KvStore:Cluster:Port: ", Assert.Single(ListenCheck.FaultsOf(options, [])), StringComparison.Ordinal);
    }

    private static void AssertFault(string setting, int port, Action<MembershipOptions> set)
    {
        var options = new NodeOptions();
        set(options.Cluster);
        Assert.Equal(
            $"{setting}: cannot listen on 127.0.0.1:{port} for other nodes: the port is in use.",
            Assert.Single(ListenCheck.FaultsOf(options, [])));
    }
}
