using System.Net;
using System.Net.Sockets;

namespace KvStore.Specs.Support;

/// <summary>
/// TCP ports of 127.0.0.1 that nobody listens on. The operating system picks one, and this process never hands out the same
/// one twice. Another process may still take it before it is used: whoever listens on it must be ready to come back for another.
/// </summary>
internal static class FreePorts
{
    private const int MaxTries = 1_000;
    private static readonly HashSet<int> HandedOut = [];

    public static int Next()
    {
        for (var left = MaxTries; left > 0; left--)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            lock (HandedOut)
            {
                if (HandedOut.Add(port))
                {
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"The system offered no new port in {MaxTries} tries");
    }
}
