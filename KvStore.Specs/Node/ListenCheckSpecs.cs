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

    [SkippableTheory]
    [InlineData("127.0.0.1", "+")]
    [InlineData("0.0.0.0", "*")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("127.0.0.1", "LocalHost")]
    [InlineData("::1", "kv.localhost")]
    [InlineData("::", "0.0.0.0")]
    public void Two_settings_of_a_node_cannot_have_the_same_port(string bindHostname, string urlHost)
    {
        if (bindHostname.StartsWith("::", StringComparison.Ordinal))
        {
            Requirements.SkipWithoutIPv6();
        }

        var port = FreePorts.Next();
        var options = new NodeOptions();
        (options.Cluster.BindHostname, options.Cluster.Port, options.Cluster.LinkPort) = (bindHostname, FreePorts.Next(), port);
        Assert.Equal(
            $"ASPNETCORE_URLS: cannot listen on http://{urlHost}:{port} for HTTP: KvStore:Cluster:LinkPort says this port too.",
            Assert.Single(ListenCheck.FaultsOf(options, [$"http://{urlHost}:{port}"])));
    }

    [SkippableFact]
    public void The_same_port_of_two_addresses_may_be_taken_and_one_that_another_process_has_is_not_said_to_be_ours()
    {
        Requirements.SkipWithoutIPv6();
        var port = FreePorts.Next();
        var options = new NodeOptions();
        (options.Cluster.BindHostname, options.Cluster.Port) = ("127.0.0.2", port);
        Assert.Empty(ListenCheck.FaultsOf(options, [$"http://127.0.0.1:{port}", $"http://[::1]:{port}"]));
        Assert.Empty(ListenCheck.FaultsOf(options, [$"http://kv.localhost:{port}"]));

        using var taken = new TcpListener(IPAddress.Parse("127.0.0.3"), port);
        taken.Start();
        var url = $"http://127.0.0.3:{port}";
        Assert.Equal(
            $"ASPNETCORE_URLS: cannot listen on {url} for HTTP: the port is in use.",
            Assert.Single(ListenCheck.FaultsOf(options, [$"http://127.0.0.1:{port}", url])));
    }

    [SkippableFact]
    public void All_addresses_of_IPv4_leave_the_port_to_those_of_IPv6()
    {
        Requirements.SkipWithoutIPv6();
        var options = new NodeOptions();
        (options.Cluster.BindHostname, options.Cluster.Port) = ("0.0.0.0", FreePorts.Next());

        Assert.Empty(ListenCheck.FaultsOf(options, [$"http://[::1]:{options.Cluster.Port}"]));
    }

    [Fact]
    public void The_same_URL_twice_is_one_too_many_unless_any_free_port_will_do()
    {
        var options = new NodeOptions();
        options.Cluster.Port = FreePorts.Next();
        var url = $"http://127.0.0.1:{FreePorts.Next()}";

        Assert.Equal(
            $"ASPNETCORE_URLS: cannot listen on {url} for HTTP: ASPNETCORE_URLS says this port too.", Assert.Single(ListenCheck.FaultsOf(options, [url, url])));
        Assert.Empty(ListenCheck.FaultsOf(options, ["http://127.0.0.1:0", "http://127.0.0.1:0"]));
    }

    [Fact]
    public void A_port_that_is_in_use_for_IPv4_alone_is_one_for_all_addresses_too()
    {
        using var taken = new TcpListener(IPAddress.Any, 0);
        taken.Start();
        var url = $"http://*:{((IPEndPoint)taken.LocalEndpoint).Port}";
        var options = new NodeOptions();
        options.Cluster.Port = FreePorts.Next();
        Assert.Equal($"ASPNETCORE_URLS: cannot listen on {url} for HTTP: the port is in use.", Assert.Single(ListenCheck.FaultsOf(options, [url])));
    }

    /// <summary>Nothing can listen on that address, and about a port that is yet to be chosen nothing can be said.</summary>
    [Fact]
    public void Any_free_link_port_is_not_tried()
    {
        var options = new NodeOptions();
        options.Cluster.BindHostname = "192.0.2.1";
        Assert.StartsWith("KvStore:Cluster:Port: ", Assert.Single(ListenCheck.FaultsOf(options, [])), StringComparison.Ordinal);
    }

    /// <summary>Otherwise a client or a load balancer that looks for the node already would be thrown out again.</summary>
    [Fact]
    public async Task Nobody_can_connect_to_an_address_that_is_only_tried()
    {
        var port = FreePorts.Next();
        var options = new NodeOptions();
        (options.Cluster.Port, options.Cluster.LinkPort) = (port, FreePorts.Next());

        var connecting = Task.Run(() => Enumerable.Range(0, 1_000).Count(_ => IsLetIn(port)));
        while (!connecting.IsCompleted)
        {
            Assert.Empty(ListenCheck.FaultsOf(options, []));
        }

        Assert.Equal(0, await connecting);
    }

    private static bool IsLetIn(int port)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // From another address, or it could find itself.
        client.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException fault)
        {
            // Reset, where it was let in and thrown out at once.
            return fault.SocketErrorCode != SocketError.ConnectionRefused;
        }
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
