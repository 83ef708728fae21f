using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Links;

/// <summary>Takes in the connections of other nodes that mean this process.</summary>
internal sealed class LinkListener : IDisposable
{
    /// <summary>Several times as many as there are nodes of a cluster; who comes beyond that is sent away.</summary>
    private const int MostConnections = 256;

    /// <summary>When no connection can be taken in, as with too many files open.</summary>
    private static readonly TimeSpan FaultPause = TimeSpan.FromMilliseconds(100);

    private readonly TcpListener _listener;
    private readonly Func<Stream, string, Task> _serve;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _end = new();
    private int _connections;

    /// <param name="serve">Has the connection until its task ends; gets who is at its other end, for the log.</param>
    /// <exception cref="SocketException">It cannot listen there.</exception>
    public LinkListener(IPEndPoint address, Func<Stream, string, Task> serve, ILogger log)
    {
        (_serve, _log) = (serve, log);
        _listener = new TcpListener(address);
        if (address.Address.Equals(IPAddress.IPv6Any))
        {
            // All addresses, those of IPv4 too, as remoting and HTTP take it.
            _listener.Server.DualMode = true;
        }

        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAllAsync();
    }

    public int Port { get; }

    /// <summary>Of this process; see <see cref="Messages.Protocol.LinkOffer.Token"/>.</summary>
    public Guid Token { get; } = Guid.NewGuid();

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        var end = _end.Token;
        while (!end.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(end).ConfigureAwait(false), end);
            }
            catch (Exception) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException fault)
            {
                _log.LinkNotTakenIn("a node", fault.Message);
                await Task.Delay(FaultPause, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken end)
    {
        var peer = "a node";
        var connections = Interlocked.Increment(ref _connections);
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            peer = $"{socket.RemoteEndPoint}";
            if (connections > MostConnections)
            {
                _log.LinkNotTakenIn(peer, $"there are {MostConnections}");
                return;
            }

            LinkSockets.Prepare(socket);
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(end))
            {
                limit.CancelAfter(LinkHandshake.Limit);
                await LinkHandshake.AnswerAsync(stream, Token, limit.Token).ConfigureAwait(false);
            }

            await _serve(stream, peer).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or SocketException or InvalidDataException or OperationCanceledException or ObjectDisposedException)
        {
            _log.LinkNotTakenIn(peer, fault.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }
}
