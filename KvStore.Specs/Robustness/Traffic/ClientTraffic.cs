using System.Collections.Immutable;
using System.Diagnostics;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>
/// Many clients at work over all nodes, open-loop: requests go out when they are due, also where earlier ones hang, so that a
/// system that stands still sees the load that its users would go on to make. A client stays with a node for a while, whether
/// that answers or not.
/// </summary>
internal sealed class ClientTraffic : IAsyncDisposable
{
    /// <summary>What this process was too slow to send in time is made up for, but no more than so much of it.</summary>
    private static readonly TimeSpan MaxBacklog = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(2);

    private readonly TrafficPlan _plan;
    private readonly ImmutableArray<(string Name, Uri Address)> _nodes;
    private readonly RunHistory _history;
    private readonly RequestMix _mix;
    private readonly ImmutableArray<TrafficClient> _clients;
    private readonly int[] _nodeOf;
    private readonly Random _moves;
    private readonly SemaphoreSlim _free;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pace;
    private long _sent;
    private long _missed;
    private bool _isStopped;

    private ClientTraffic(TrafficPlan plan, IReadOnlyList<(string Name, Uri Address)> nodes, RunHistory history)
    {
        ArgumentOutOfRangeException.ThrowIfZero(nodes.Count);
        _plan = plan;
        _nodes = [.. nodes];
        _history = history;
        _mix = new RequestMix(plan);
        _moves = new Random(plan.Seed);
        _free = new SemaphoreSlim(plan.MaxInFlight, plan.MaxInFlight);
        _clients =
        [
            .. Enumerable.Range(0, plan.Clients)
                .Select(i => new TrafficClient(i, i % 8 == 7 ? plan.PatientTimeout : plan.ClientTimeout)),
        ];
        _nodeOf = [.. Enumerable.Range(0, plan.Clients).Select(i => i % nodes.Count)];
        _pace = Task.Run(PaceAsync);
    }

    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Requests that were due and could not be sent, because too many were under way.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Begins at once. What is asked, and what comes of it, goes to <paramref name="history"/>.</summary>
    public static ClientTraffic Start(TrafficPlan plan, IReadOnlyList<(string Name, Uri Address)> nodes, RunHistory history) =>
        new(plan, nodes, history);

    /// <summary>Sends nothing more, and waits for what is under way: for as long as the most patient client does.</summary>
    public async Task StopAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _stop.CancelAsync();
        await _pace;
        using var within = new CancellationTokenSource(_plan.PatientTimeout + TimeSpan.FromSeconds(30));
        for (var i = 0; i < _plan.MaxInFlight; i++)
        {
            await _free.WaitAsync(within.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        _stop.Dispose();
        _free.Dispose();
    }

    private async Task PaceAsync()
    {
        var start = _history.Now;
        var watch = Stopwatch.StartNew();
        var drawn = 0L;
        using var timer = new PeriodicTimer(Tick);
        while (!_stop.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var due = (long)(watch.Elapsed.TotalSeconds * _plan.Rate);
            var lost = due - drawn - (long)(MaxBacklog.TotalSeconds * _plan.Rate);
            if (lost > 0)
            {
                Interlocked.Add(ref _missed, lost);
                drawn += lost;
            }

            for (; drawn < due; drawn++)
            {
                SendNext(_clients[(int)(drawn % _clients.Length)]);
            }
        }

        _history.Traffic = new TrafficSpan(start, _history.Now);
    }

    private void SendNext(TrafficClient client)
    {
        if (_moves.NextDouble() < _plan.NodeChangeShare)
        {
            _nodeOf[client.Number] = _moves.Next(_nodes.Length);
        }

        var (name, address) = _nodes[_nodeOf[client.Number]];
        var draft = _mix.Draw(client.Number, name);
        if (!_free.Wait(0))
        {
            Interlocked.Increment(ref _missed);
            return;
        }

        Interlocked.Increment(ref _sent);
        _ = Task.Run(() => AskAsync(client, draft, address));
    }

    private async Task AskAsync(TrafficClient client, Operation draft, Uri address)
    {
        try
        {
            var operation = await client.AskAsync(draft, address, _history);
            _mix.Learn(operation);
            _history.Add(operation);
        }
        catch (Exception e)
        {
            // Not lost: a write may have taken effect, and whatever this was, the run must not pass.
            _history.Add(draft with { Start = 0, End = _history.Now, Outcome = Outcome.Forbidden, Note = $"the client failed: {e}" });
        }
        finally
        {
            _free.Release();
        }
    }
}
