namespace KvStore.Http.Gateway;

/// <summary>A beat for all who wait for something else and want to look around now and then: one timer, however many wait.</summary>
internal sealed class Pulse(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private Task _next = Task.CompletedTask;

    /// <summary>Ends after the interval at the longest.</summary>
    public Task Next
    {
        get
        {
            lock (_lock)
            {
                return _next.IsCompleted ? _next = Task.Delay(interval, time) : _next;
            }
        }
    }
}
