using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// Stands between a node and PostgreSQL, forwards what both say, and knows enough of the protocol to do harm at a chosen
/// message of a chosen kind of transaction: see <see cref="PostgresWork"/>, <see cref="PostgresPoint"/> and
/// <see cref="PostgresProxyAction"/>.
/// </summary>
internal sealed class PostgresProxy : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener;
    private readonly Func<IPEndPoint> _server;
    private readonly ConcurrentDictionary<PostgresProxyConnection, bool> _connections = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly Task _accepting;
    private int _serving;
    private ImmutableArray<PostgresProxyFault> _faults = [];
    private volatile TaskCompletionSource? _frozen;

    private PostgresProxy(TcpListener listener, Func<IPEndPoint> server)
    {
        _listener = listener;
        _server = server;
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect to.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Connections that have a live end.</summary>
    public int Connections => _connections.Count;

    public PostgresProxyCounts Counts { get; } = new();

    /// <summary>While it is true, new connections are closed at once.</summary>
    public bool RefusesConnections { get; set; }

    internal ImmutableArray<PostgresProxyFault> Faults => _faults;

    internal Task Thawed => _frozen?.Task ?? Task.CompletedTask;

    /// <param name="listen">With port 0: a free one.</param>
    /// <param name="server">Asked for each connection. The server need not be there.</param>
    public static PostgresProxy Start(IPEndPoint listen, Func<IPEndPoint> server)
    {
        var listener = new TcpListener(listen);
        listener.Start();
        return new PostgresProxy(listener, server);
    }

    public static PostgresProxy Start(IPEndPoint listen, IPEndPoint server) => Start(listen, () => server);

    /// <summary>Does something to the next exchanges for <paramref name="work"/> (null: any) that reach the point.</summary>
    /// <param name="times">How often, over all connections.</param>
    /// <returns>To wait for it, and to take it back.</returns>
    public PostgresProxyFault Add(PostgresWork? work, PostgresPoint point, PostgresProxyAction action, int times = 1)
    {
        var fault = new PostgresProxyFault(this, work, point, action, times);
        ImmutableInterlocked.Update(ref _faults, faults => faults.Add(fault));
        return fault;
    }

    /// <summary>From here on nothing passes, neither bytes nor the ends of connections, until <see cref="Thaw"/>.</summary>
    public void Freeze() =>
        Interlocked.CompareExchange(ref _frozen, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>What has come meanwhile is let through.</summary>
    public void Thaw() => Interlocked.Exchange(ref _frozen, null)?.TrySetResult();

    /// <summary>Ends all connections.</summary>
    public void KillConnections(bool reset = false)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Cut(PostgresProxyEnds.Both, reset);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _listener.Stop();
        foreach (var fault in _faults)
        {
            fault.Release();
        }

        Thaw();
        await _accepting;
        using var patience = new CancellationTokenSource(Patience);
        while (Volatile.Read(ref _serving) > 0)
        {
            // Again and again, for those that were just being made.
            KillConnections();
            await Task.Delay(10, patience.Token);
        }

        _listener.Dispose();
        _disposed.Dispose();
    }

    internal void Remove(PostgresProxyFault fault) => ImmutableInterlocked.Update(ref _faults, faults => faults.Remove(fault));

    internal void Forget(PostgresProxyConnection connection) => _connections.TryRemove(connection, out _);

    private async Task AcceptAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_disposed.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        Interlocked.Increment(ref _serving);
        Socket? server = null;
        try
        {
            if (RefusesConnections)
            {
                return;
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
            patience.CancelAfter(Patience);
            var endpoint = _server();
            server = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await server.ConnectAsync(endpoint, patience.Token).ConfigureAwait(false);
            var connection = new PostgresProxyConnection(this, client, server);
            _connections[connection] = true;
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or InvalidDataException)
        {
            // There is no server, or the client talks something else.
        }
        finally
        {
            client.Dispose();
            server?.Dispose();
            Interlocked.Decrement(ref _serving);
        }
    }
}
