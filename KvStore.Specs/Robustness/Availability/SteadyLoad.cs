using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>
/// Open-loop clients: a request is due every few milliseconds whatever became of those before, on each key in turn, over all
/// nodes in turn, half of them writes. A slow system so gets more requests in flight, not fewer.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int Keys = 200;
    private const int RequestsPerSecond = 300;

    /// <summary>A wait that a client takes for a stall. Shorter ones happen on a machine that is busy with something else.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(1);

    /// <summary>Above what a node itself waits (10 s).</summary>
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Failures of one request that are kept for the report.</summary>
    private const int MaxFailures = 8;

    /// <summary>Ten seconds' worth. With more in flight nothing is due any more, or the load would become the fault.</summary>
    private const int MaxPending = 10 * RequestsPerSecond;

    private readonly Func<IReadOnlyList<Uri>> _nodes;
    private readonly SocketsHttpHandler _handler = new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
    };

    private readonly HttpClient _http;
    private readonly ConcurrentQueue<LoadedRequest> _ended = new();
    private readonly ConcurrentDictionary<long, TimeSpan> _pending = new();
    private readonly ConcurrentDictionary<string, long> _acknowledged = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly Task _running;

    private SteadyLoad(Func<IReadOnlyList<Uri>> nodes)
    {
        _nodes = nodes;
        _http = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
        _running = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>What is read and written.</summary>
    public static IEnumerable<string> AllKeys => Enumerable.Range(0, Keys).Select(number => KeyOf(number));

    public static Uri AddressOf(Uri node, string key) => new(node, $"/kv/{key}");

    /// <summary>Since the load began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_origin);

    public static SteadyLoad Start(IEnumerable<Uri> nodes)
    {
        Uri[] all = [.. nodes];
        return new(() => all);
    }

    /// <param name="nodes">Asked before each attempt, as a client asks a service that knows which of its nodes are ready.</param>
    public static SteadyLoad Start(Func<IReadOnlyList<Uri>> nodes) => new(nodes);

    /// <summary>Requests that were not answered yet at <paramref name="from"/>, or were due later.</summary>
    public IReadOnlyList<LoadedRequest> Since(TimeSpan from) => [.. _ended.Where(request => request.End >= from)];

    /// <summary>Waits until no request has had to wait for a stall's length for as long as <paramref name="span"/>.</summary>
    public Task IsSmoothAsync(TimeSpan span, TimeSpan within, Func<string>? evidence = null)
    {
        var begun = Now;
        return Eventually.HoldsAsync(
            $"for {span.TotalSeconds} s no request has waited for {Stall.TotalSeconds} s",
            within,
            _ => Task.FromResult(
                Now - begun >= span
                && _pending.Values.All(due => Now - due < Stall)
                && Since(Now - span).All(request => request.Wait < Stall)),
            () => string.Join('\n', Since(Now - span).Where(request => request.Wait >= Stall).TakeLast(5)) + "\n" + evidence?.Invoke());
    }

    /// <summary>Ends the load and reads every key once more.</summary>
    /// <returns>Keys whose last acknowledged version is not there.</returns>
    public async Task<IReadOnlyList<string>> FindLostWritesAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Eventually.HoldsAsync("every request has ended", GiveUpAfter * 2, () => _pending.IsEmpty);
        var lost = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(_acknowledged, async (written, cancel) =>
        {
            using var document = JsonDocument.Parse(await _http.GetStringAsync(AddressOf(_nodes()[0], written.Key), cancel));
            var stored = document.RootElement.GetProperty("version").GetInt64();
            if (stored < written.Value)
            {
                lost.Add($"{written.Key}: version {written.Value} was acknowledged, {stored} is there");
            }
        });
        return [.. lost];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _http.Dispose();
        _handler.Dispose();
        _stop.Dispose();
    }

    private static string KeyOf(long number) => string.Create(CultureInfo.InvariantCulture, $"key-{number}");

    private async Task Run()
    {
        for (var number = 0L; !_stop.IsCancellationRequested; number++)
        {
            var due = TimeSpan.FromSeconds((double)number / RequestsPerSecond);
            if (due - Now is var early && early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }

            while (_pending.Count >= MaxPending && !_stop.IsCancellationRequested)
            {
                await Task.Delay(FirstPause);
            }

            _pending[number] = due;
            _ = SendAsync(number, due);
        }
    }

    private async Task SendAsync(long number, TimeSpan due)
    {
        var key = KeyOf(number % Keys);
        // Whether a key is read or written must not depend on the key.
        var isWrite = (number / Keys + number) % 2 == 0;
        var failures = ImmutableArray.CreateBuilder<string>();
        var isAnswered = false;
        var pause = TimeSpan.Zero;
        for (var attempt = 0; !isAnswered && Now - due < GiveUpAfter && !(attempt > 0 && _stop.IsCancellationRequested); attempt++)
        {
            var nodes = _nodes();
            var node = nodes[(int)((number + attempt) % nodes.Count)];
            var fault = await AttemptAsync(node, key, isWrite ? $"{number}" : null);
            isAnswered = fault is null;
            if (fault is not null && failures.Count < MaxFailures)
            {
                failures.Add($"{node.Port} at {Now.TotalSeconds:0.00} s: {fault}");
            }

            if (fault is not null)
            {
                // The first retry at once, on another node, as behind a load balancer.
                await Task.Delay(pause);
                pause = pause == TimeSpan.Zero ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }

        _ended.Enqueue(new LoadedRequest(key, isWrite, due, Now, isAnswered, failures.ToImmutable()));
        _pending.TryRemove(number, out _);
    }

    /// <returns>Null for an answer, else what is wrong with it.</returns>
    private async Task<string?> AttemptAsync(Uri node, string key, string? value)
    {
        using var limit = new CancellationTokenSource(AttemptLimit);
        using var request = new HttpRequestMessage(value is null ? HttpMethod.Get : HttpMethod.Put, AddressOf(node, key));
        request.Content = value is null ? null : new StringContent(value, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            if (response.StatusCode == HttpStatusCode.NotFound && value is null)
            {
                return null;
            }

            var body = await response.Content.ReadAsStringAsync(limit.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return $"{(int)response.StatusCode} {body}";
            }

            if (value is not null)
            {
                using var document = JsonDocument.Parse(body);
                var version = document.RootElement.GetProperty("version").GetInt64();
                _acknowledged.AddOrUpdate(key, version, (_, before) => Math.Max(before, version));
            }

            return null;
        }
        catch (Exception fault) when (BrokenConnection.Is(fault))
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"{BrokenConnection.ErrorOf(fault)}: {fault.InnerException?.Message ?? fault.Message}");
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {AttemptLimit.TotalSeconds} s";
        }
    }
}
