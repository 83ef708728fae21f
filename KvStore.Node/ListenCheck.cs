using System.Net;
using System.Net.Sockets;
using KvStore.Node.Config;

namespace KvStore.Node;

/// <summary>
/// Tries every address that the node is going to listen on for other nodes and for HTTP, before anything starts: found out later, by
/// Akka or Kestrel, a port in use ends in pages of their stack traces.
/// </summary>
internal static class ListenCheck
{
    private const int AnyFreePort = 0;
    private const string UrlsSetting = "ASPNETCORE_URLS";

    public static IEnumerable<string> FaultsOf(NodeOptions options, IReadOnlyCollection<string> urls)
    {
        var cluster = options.Cluster;
        var host = cluster.ListenHost();
        var unknown = Resolve(host, out var bindTo);
        var tried = new TriedAddresses();
        (string Setting, int Number)[] ports = [("KvStore:Cluster:Port", cluster.Port), ("KvStore:Cluster:LinkPort", cluster.LinkPort)];
        foreach (var (setting, port) in ports.Where(port => port.Number != AnyFreePort))
        {
            if ((unknown ?? tried.FaultOf(bindTo, port, setting)) is { } fault)
            {
                yield return $"{setting}: cannot listen on {host}:{port} for other nodes: {fault}.";
            }
        }

        foreach (var url in urls)
        {
            if (FaultOf(url, tried) is { } fault)
            {
                yield return $"{UrlsSetting}: cannot listen on {url} for HTTP: {fault}.";
            }
        }
    }

    private static string? FaultOf(string url, TriedAddresses tried)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException malformed)
        {
            return malformed.Message.TrimEnd('.');
        }

        return address.IsUnixPipe || address.IsNamedPipe ? null
            : address.Scheme != Uri.UriSchemeHttp ? "only http is served; let a proxy in front speak TLS"
            : address.Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort ? "there is no such port"
            : IsLocalhost(address.Host) ? tried.FaultOf(IPAddress.Loopback, address.Port, UrlsSetting)
                ?? tried.FaultOf(IPAddress.IPv6Loopback, address.Port, UrlsSetting, mayBeMissing: true)
            : tried.FaultOf(AddressOf(address.Host), address.Port, UrlsSetting);
    }

    /// <returns>What is wrong with the name; null where it has an address.</returns>
    public static string? Resolve(string host, out IPAddress address)
    {
        // "All addresses" is one to listen on, and none that a name could stand for.
        if (IPAddress.TryParse(host, out address!))
        {
            return null;
        }

        address = IPAddress.None;
        try
        {
            var all = Dns.GetHostAddresses(host);
            // As remoting takes it.
            address = Array.Find(all, candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? all[0];
            return null;
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException)
        {
            return fault.Message;
        }
    }

    /// <summary>As Kestrel takes it: both loopbacks, or the one that there is.</summary>
    private static bool IsLocalhost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>As Kestrel takes it: any other name that is no address stands for all of them.</summary>
    private static IPAddress AddressOf(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>
    /// What was tried so far, so that two settings of this node cannot have the same port. An address is bound, and not listened on:
    /// who connected in that moment would be thrown out again.
    /// </summary>
    private sealed class TriedAddresses
    {
        private readonly List<(IPEndPoint Address, string Setting)> _taken = [];

        /// <param name="mayBeMissing">That the machine has no such address is no fault.</param>
        public string? FaultOf(IPAddress address, int port, string setting, bool mayBeMissing = false)
        {
            var own = _taken.Find(taken => port != AnyFreePort && taken.Address.Port == port && Meet(taken.Address.Address, address));
            if (own.Setting is { } other)
            {
                return $"{other} says this port too";
            }

            try
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                if (address.Equals(IPAddress.IPv6Any))
                {
                    // All addresses, those of IPv4 too.
                    socket.DualMode = true;
                }

                socket.Bind(new IPEndPoint(address, port));
            }
            catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return "the port is in use";
            }
            catch (SocketException fault)
            {
                return mayBeMissing ? null : fault.Message;
            }

            _taken.Add((new IPEndPoint(address, port), setting));
            return null;
        }

        private static bool Meet(IPAddress one, IPAddress other) => one.Equals(other) || Covers(one, other) || Covers(other, one);

        private static bool Covers(IPAddress all, IPAddress one) =>
            all.Equals(IPAddress.IPv6Any) || (all.Equals(IPAddress.Any) && one.AddressFamily == AddressFamily.InterNetwork);
    }
}
