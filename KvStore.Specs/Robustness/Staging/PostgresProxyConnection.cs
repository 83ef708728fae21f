using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Sockets;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>A client's connection and the one that was made to the server for it.</summary>
internal sealed class PostgresProxyConnection(PostgresProxy proxy, Socket client, Socket server)
{
    private readonly PostgresProxySocket _client = new(client);
    private readonly PostgresProxySocket _server = new(server);
    private readonly ConcurrentQueue<PostgresProxyExchange> _unanswered = new();
    private readonly CancellationTokenSource _over = new();
    private volatile bool _isCut;

    public ImmutableArray<PostgresProxyFault> Faults => proxy.Faults;

    /// <summary>Nothing passes any more.</summary>
    public bool IsCut => _isCut;

    /// <summary>Runs until both directions have ended.</summary>
    public async Task RunAsync()
    {
        Task[] parts =
        [
            _client.FillAsync(), _server.FillAsync(),
            EndWithAsync(new PostgresProxyRequests(this, _client, _server)), EndWithAsync(new PostgresProxyAnswers(this, _server, _client)),
        ];
        try
        {
            await Task.WhenAll(parts).ConfigureAwait(false);
        }
        finally
        {
            Cut(PostgresProxyEnds.Both, reset: false);
            _over.Dispose();
        }
    }

    /// <summary>Closes one end or both for good.</summary>
    public void Cut(PostgresProxyEnds ends, bool reset)
    {
        _isCut = true;
        if (ends.HasFlag(PostgresProxyEnds.Client))
        {
            _client.Close(reset);
        }

        if (ends.HasFlag(PostgresProxyEnds.Server))
        {
            _server.Close(reset);
        }

        if (ends == PostgresProxyEnds.Both)
        {
            proxy.Forget(this);
            StopWaiting();
        }
    }

    /// <summary>The server has ended, and all that it sent has been forwarded.</summary>
    public void End() => Cut(PostgresProxyEnds.Both, reset: false);

    /// <summary>Waits while the proxy is frozen.</summary>
    public async Task PassAsync()
    {
        if (!proxy.Thawed.IsCompleted && !_over.IsCancellationRequested)
        {
            await proxy.Thawed.WaitAsync(_over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public PostgresProxyExchange Open(PostgresWork work)
    {
        var exchange = new PostgresProxyExchange(work);
        proxy.Counts.Began(work);
        _unanswered.Enqueue(exchange);
        return exchange;
    }

    /// <summary>The exchange that the server answers now.</summary>
    public PostgresProxyExchange? Answered() => _unanswered.TryPeek(out var exchange) ? exchange : null;

    public void Close(PostgresProxyExchange? exchange)
    {
        if (exchange is not null)
        {
            _unanswered.TryDequeue(out _);
        }
    }

    public async Task DoAsync(PostgresProxyFault fault, PostgresProxyPump pump, PostgresWork work)
    {
        proxy.Counts.Did(fault.Action);
        switch (fault.Action)
        {
            case PostgresProxyAction.Cut cut:
                Cut(cut.Ends, cut.Reset);
                break;
            case PostgresProxyAction.Swallow:
                pump.Swallow();
                break;
        }

        fault.Tell(work);
        switch (fault.Action)
        {
            case PostgresProxyAction.Hold hold:
                await HoldAsync(fault, hold, holdsRequest: pump is PostgresProxyRequests).ConfigureAwait(false);
                break;
            case PostgresProxyAction.Delay delay:
                await Task.Delay(fault.NextDelay(delay.AtMost), _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
        }
    }

    private async Task HoldAsync(PostgresProxyFault fault, PostgresProxyAction.Hold hold, bool holdsRequest)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
        List<Task> ends = [fault.Released, Task.Delay(hold.AtMost, patience.Token)];
        if (holdsRequest)
        {
            ends.Add(_server.Gone);
        }

        if (hold.WhenClientGoes == WhenClientGoes.Drop)
        {
            ends.Add(_client.Gone);
        }

        var ended = await Task.WhenAny(ends).ConfigureAwait(false);
        await patience.CancelAsync().ConfigureAwait(false);
        if (ended == _client.Gone)
        {
            Cut(PostgresProxyEnds.Both, reset: false);
        }
    }

    /// <summary>What breaks one direction ends the connection.</summary>
    private async Task EndWithAsync(PostgresProxyPump pump)
    {
        try
        {
            await pump.RunAsync().ConfigureAwait(false);
        }
        catch
        {
            Cut(PostgresProxyEnds.Both, reset: true);
            throw;
        }
    }

    private void StopWaiting()
    {
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over.
        }
    }
}
