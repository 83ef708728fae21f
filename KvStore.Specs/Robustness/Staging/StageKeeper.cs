using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// Does what an orchestrator does: starts a node that ended again, such as one that the others downed. One that ends soon after
/// its start waits for longer each time.
/// </summary>
internal sealed class StageKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(4);

    private readonly RunHistory _history;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _keeping;

    public StageKeeper(IReadOnlyList<StageNode> nodes, RunHistory history)
    {
        _history = history;
        _keeping = Task.WhenAll(nodes.Select(node => Task.Run(() => KeepAsync(node))));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
        _stop.Dispose();
    }

    private async Task KeepAsync(StageNode node)
    {
        var backOff = TimeSpan.Zero;
        var startedAt = TimeSpan.Zero;
        try
        {
            while (true)
            {
                await Task.Delay(Interval, _stop.Token);
                if (!node.Process.HasExited || node.IsHarmed)
                {
                    continue;
                }

                var hasRunFor = TimeSpan.FromMicroseconds(_history.Now) - startedAt;
                backOff = hasRunFor > TimeSpan.FromSeconds(30) ? TimeSpan.Zero : backOff == TimeSpan.Zero ? ShortestBackOff : backOff * 2;
                await Task.Delay(backOff < LongestBackOff ? backOff : LongestBackOff, _stop.Token);
                if (node.TryRestart())
                {
                    startedAt = TimeSpan.FromMicroseconds(_history.Now);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The stage ends.
        }
        catch (Exception fault)
        {
            _history.Note($"{node.Name} cannot be started again: {fault.Message}");
            throw;
        }
    }
}
