using System.Net;
using System.Net.Sockets;
using KvStore.Http.Gateway.Links;
using KvStore.Messages.Wire;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Http.Gateway.Links;

/// <summary>Two ends of a real connection.</summary>
internal static class LinkEnd
{
    public const int MaxFrameBytes = 2 * 1024 * 1024;

    public static BatchFrames Frames { get; } = new(TimeProvider.System, MaxFrameBytes);

    public static NodeLink Over(Stream stream) => new(stream, Frames, "the other end", NullLogger.Instance);

    public static AskingLink Asking(Stream stream) => new(stream, Frames, Edges.OtherAddress, NullLogger.Instance);

    public static async Task<(Stream Here, Stream There)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var here = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var connecting = here.ConnectAsync(listener.LocalEndpoint);
        var there = await listener.AcceptSocketAsync();
        await connecting;
        return (new NetworkStream(here, ownsSocket: true), new NetworkStream(there, ownsSocket: true));
    }
}
