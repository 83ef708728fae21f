using System.Net.Sockets;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// How a link's connection notices that nobody is there any more. Through a network that swallows packets TCP would go on for a
/// quarter of an hour, and after a short outage wait for as long again.
/// </summary>
internal static class LinkSockets
{
    /// <summary>Longer than a second, after which TCP sends a packet again that was lost, and than what a lost one more takes.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Of a connection on which nothing moves, from the first second on: Linux counts the silence from then too, so that several
    /// probes must be lost.
    /// </summary>
    private const int ProbeEverySeconds = 1;

    /// <summary>TCP_USER_TIMEOUT of Linux, in milliseconds, of RFC 5482: how long what was sent may be unacknowledged.</summary>
    private const int UserTimeoutOption = 18;

    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeEverySeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeEverySeconds);
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, UserTimeoutOption, BitConverter.GetBytes((int)SilenceLimit.TotalMilliseconds));
        }
    }
}
