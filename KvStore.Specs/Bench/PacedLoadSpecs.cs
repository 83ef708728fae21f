using System.Net;
using System.Net.Sockets;
using KvStore.Bench.Load;
using KvStore.Bench.Load.Paced;
using KvStore.Bench.Support;

namespace KvStore.Specs.Bench;

/// <summary>The load with a pace, against a server of a few lines that stands still, fails or hangs up when it is told to.</summary>
public sealed class PacedLoadSpecs : IDisposable
{
    private const int PerSecond = 500;
    private const string Well = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(1));
    private int _requests;

    public PacedLoadSpecs() => _listener.Start();

    [Fact]
    public async Task Whatever_is_due_is_sent_once_and_answered()
    {
        var load = await RunAsync(16, _ => Task.FromResult(Well));
        Assert.Null(load.Fault);
        Assert.Equal(PerSecond, load.Requests);
        Assert.Equal(PerSecond, _requests);
    }

    [Fact]
    public async Task An_answer_that_comes_in_portions_is_one()
    {
        var load = await RunAsync(16, _ => Task.FromResult("HTTP/1.1 200 OK\r\nContent-Le|ngth: 8\r\n\r\n[1,|2,3]\n"));
        Assert.Null(load.Fault);
        Assert.Equal(PerSecond, load.Requests);
    }

    [Fact]
    public async Task While_the_server_stands_still_whatever_is_due_waits_and_is_counted_from_when_it_was_due()
    {
        var pause = TimeSpan.FromMilliseconds(500);
        Task? pausing = null;
        var load = await RunAsync(4, async number =>
        {
            await (number < 10 ? Task.CompletedTask : LazyInitializer.EnsureInitialized(ref pausing, () => Task.Delay(pause)));
            return Well;
        });
        Assert.Null(load.Fault);
        // Half of all was due then, at even distances. Four connections that wait for their answers would have seen it four times.
        Assert.InRange(load.Latencies.P90, 0.5 * pause.TotalMilliseconds, double.MaxValue);
    }

    [Fact]
    public async Task One_bad_answer_makes_the_figures_invalid()
    {
        var load = await RunAsync(4, number => Task.FromResult(number == 100 ? "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n" : Well));
        Assert.Equal($"1 of {PerSecond} answers were not 2xx", load.Fault);
    }

    [Fact]
    public async Task A_connection_that_the_server_closes_ends_the_load() =>
        await Assert.ThrowsAsync<BenchException>(() => RunAsync(4, number => Task.FromResult(number == 100 ? "" : Well)));

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task<LoadResult> RunAsync(int connections, Func<int, Task<string>> answer)
    {
        _ = ServeAsync(answer);
        return await PacedLoad.RunAsync(
            [new Uri($"http://{_listener.LocalEndpoint}")],
            ["GET /kv/a HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray()],
            connections,
            PerSecond,
            TimeSpan.FromSeconds(1),
            _end.Token);
    }

    private async Task ServeAsync(Func<int, Task<string>> answer)
    {
        while (!_end.IsCancellationRequested)
        {
            _ = ServeAsync(await _listener.AcceptSocketAsync(_end.Token), answer);
        }
    }

    /// <param name="answer">
    /// By the number of the request; nothing closes the connection, and what follows a bar is sent once the rest has had time to arrive alone.
    /// </param>
    private async Task ServeAsync(Socket accepted, Func<int, Task<string>> answer)
    {
        using var socket = accepted;
        socket.NoDelay = true;
        using var reader = new StreamReader(new NetworkStream(socket));
        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            if (line.Length > 0)
            {
                continue;
            }

            var text = await answer(Interlocked.Increment(ref _requests));
            if (text.Length == 0)
            {
                return;
            }

            foreach (var portion in text.Split('|'))
            {
                await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(portion), _end.Token);
                await Task.Delay(TimeSpan.FromMilliseconds(text.Contains('|') ? 2 : 0), _end.Token);
            }
        }
    }
}
