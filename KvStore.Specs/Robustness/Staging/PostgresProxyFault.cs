namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// Something that the proxy does to the next exchanges that reach a point, until it has done it often enough or is taken back
/// (disposed).
/// </summary>
internal sealed class PostgresProxyFault : IDisposable
{
    private readonly PostgresProxy _proxy;
    private readonly PostgresWork? _work;
    private readonly TaskCompletionSource<PostgresWork> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Random _random;
    private int _left;
    private int _hits;

    /// <param name="work">Null: any.</param>
    /// <param name="times">How often it is done, over all connections.</param>
    public PostgresProxyFault(PostgresProxy proxy, PostgresWork? work, PostgresPoint point, PostgresProxyAction action, int times)
    {
        _proxy = proxy;
        _work = work;
        _left = times;
        _random = new Random((action as PostgresProxyAction.Delay)?.Seed ?? 0);
        Point = point;
        Action = action;
    }

    public PostgresPoint Point { get; }

    public PostgresProxyAction Action { get; }

    /// <summary>
    /// Completes when the first exchange is being held, has been cut, or whatever is done to it. Wait for it with a bound.
    /// </summary>
    public Task<PostgresWork> Reached => _reached.Task;

    /// <summary>How often it was begun so far. Whoever notices what it did finds it counted.</summary>
    public int Hits => Volatile.Read(ref _hits);

    public Task Released => _released.Task;

    /// <summary>Lets go of what is held, and of what will reach the point later.</summary>
    public void Release() => _released.TrySetResult();

    public bool IsFor(PostgresWork work) => _work is null || _work == work;

    /// <summary>Takes one of the times that are left.</summary>
    public bool TryTake()
    {
        if (_released.Task.IsCompleted || Interlocked.Decrement(ref _left) < 0)
        {
            Interlocked.Increment(ref _left);
            return false;
        }

        Interlocked.Increment(ref _hits);
        return true;
    }

    public void Tell(PostgresWork work) => _reached.TrySetResult(work);

    public TimeSpan NextDelay(TimeSpan atMost)
    {
        lock (_random)
        {
            return atMost * _random.NextDouble();
        }
    }

    public void Dispose()
    {
        _proxy.Remove(this);
        Release();
    }
}
