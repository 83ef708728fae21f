using System.Net;
using System.Net.Sockets;
using KvStore.Http.Gateway.Links;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Http.Gateway.Links;

/// <summary>Whom a node takes in: nodes that mean it, and nobody else.</summary>
public sealed class LinkListenerSpecs : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _served = new();
    private readonly LinkListener _listener;
    private int _takenIn;

    public LinkListenerSpecs() => _listener = new LinkListener(
        new IPEndPoint(IPAddress.Loopback, 0),
        (_, _) =>
        {
            Interlocked.Increment(ref _takenIn);
            return _served.Task;
        },
        NullLogger.Instance);

    [Fact]
    public async Task Who_says_its_token_is_taken_in_and_answered()
    {
        await using var stream = await ConnectAsync();
        await LinkHandshake.AskAsync(stream, _listener.Token, CancellationToken.None).WaitAsync(Long);
        await AreTakenInAsync(1);
    }

    [Fact]
    public async Task Who_means_another_process_is_sent_away()
    {
        await using var stream = await ConnectAsync();
        await Assert.ThrowsAnyAsync<IOException>(
            () => LinkHandshake.AskAsync(stream, Guid.NewGuid(), CancellationToken.None).WaitAsync(Long));
        Assert.Equal(0, _takenIn);
    }

    [Fact]
    public async Task Who_says_nothing_is_sent_away()
    {
        await using var stream = await ConnectAsync();
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Long));
        Assert.Equal(0, _takenIn);
    }

    [Fact]
    public async Task Who_connects_takes_nobody_else_for_a_node()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var stream = await ConnectAsync(((IPEndPoint)other.LocalEndpoint).Port);
        using var accepted = await other.AcceptSocketAsync();
        var asking = LinkHandshake.AskAsync(stream, Guid.NewGuid(), CancellationToken.None);
        await accepted.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await Assert.ThrowsAsync<InvalidDataException>(() => asking.WaitAsync(Long));
    }

    [Fact]
    public async Task Once_there_are_enough_the_next_is_sent_away_until_one_ends()
    {
        const int Enough = 256;
        var streams = new List<Stream>();
        try
        {
            for (var i = 0; i < Enough; i++)
            {
                streams.Add(await ConnectAsync());
                await LinkHandshake.AskAsync(streams[^1], _listener.Token, CancellationToken.None).WaitAsync(Long);
            }

            await using var next = await ConnectAsync();
            await Assert.ThrowsAnyAsync<IOException>(
                () => LinkHandshake.AskAsync(next, _listener.Token, CancellationToken.None).WaitAsync(Long));
            await AreTakenInAsync(Enough);

            _served.SetResult();
            foreach (var stream in streams)
            {
                Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Long));
            }

            await using var late = await ConnectAsync();
            await LinkHandshake.AskAsync(late, _listener.Token, CancellationToken.None).WaitAsync(Long);
        }
        finally
        {
            streams.ForEach(stream => stream.Dispose());
        }
    }

    [Fact]
    public async Task All_addresses_are_those_of_IPv4_too()
    {
        using var listener = new LinkListener(new IPEndPoint(IPAddress.IPv6Any, 0), (_, _) => _served.Task, NullLogger.Instance);
        await using var stream = await ConnectAsync(listener.Port);
        await LinkHandshake.AskAsync(stream, listener.Token, CancellationToken.None).WaitAsync(Long);
    }

    public void Dispose()
    {
        _served.TrySetResult();
        _listener.Dispose();
    }

    /// <summary>They are answered before they are taken in.</summary>
    private Task AreTakenInAsync(int count) =>
        Eventually.HoldsAsync($"{count} are taken in", Long, () => Volatile.Read(ref _takenIn) == count);

    private Task<Stream> ConnectAsync() => ConnectAsync(_listener.Port);

    private static async Task<Stream> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
