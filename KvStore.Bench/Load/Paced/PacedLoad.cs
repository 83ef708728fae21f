using System.Diagnostics;

namespace KvStore.Bench.Load.Paced;

/// <summary>
/// Open-loop load: requests are due at a steady pace, whatever became of those before, and each one's latency counts from the
/// moment at which it was due. A closed loop asks a server that stands still nothing, and so hardly notices that it does
/// (coordinated omission); here all that was due meanwhile waits, and is counted.
/// <para>One thread and one call of the system for all connections: the load shares the machine with what it measures.</para>
/// </summary>
internal static class PacedLoad
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(10);

    /// <summary>After the last due time; what has no answer then has none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="perSecond">Null: as many as the connections take, each due when it is sent.</param>
    public static Task<LoadResult> RunAsync(
        IReadOnlyList<Uri> addresses, IReadOnlyList<byte[]> requests, int connections, double? perSecond, TimeSpan duration, CancellationToken cancel) =>
        Task.Factory.StartNew(
            () => Run(addresses, requests, connections, perSecond, duration, cancel), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LoadResult Run(
        IReadOnlyList<Uri> addresses, IReadOnlyList<byte[]> requests, int count, double? perSecond, TimeSpan duration, CancellationToken cancel)
    {
        var connections = Enumerable.Range(0, count).Select(number => new PacedConnection(addresses[number % addresses.Count])).ToArray();
        try
        {
            return Run(connections, requests, perSecond, duration, cancel);
        }
        finally
        {
            foreach (var connection in connections)
            {
                connection.Dispose();
            }
        }
    }

    private static LoadResult Run(
        PacedConnection[] connections, IReadOnlyList<byte[]> requests, double? perSecond, TimeSpan duration, CancellationToken cancel)
    {
        using var epoll = new Epoll(connections.Length);
        for (var i = 0; i < connections.Length; i++)
        {
            epoll.Add(connections[i].Descriptor, i);
        }

        var free = new Stack<PacedConnection>(connections);
        var latencies = new List<double>();
        var (sent, bad) = (0, 0L);
        var begun = Stopwatch.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            var now = Stopwatch.GetElapsedTime(begun);
            while (free.Count > 0 && DueOf(sent, now) is var due && due <= now && due < duration)
            {
                var connection = free.Pop();
                connection.Due = due;
                connection.Send(requests[sent++ % requests.Count]);
                now = Stopwatch.GetElapsedTime(begun);
            }

            var next = DueOf(sent, now);
            if ((next >= duration && free.Count == connections.Length) || now > duration + Patience)
            {
                break;
            }

            var happened = epoll.Wait(free.Count > 0 && next < duration ? next - now : LongestWait);
            for (var i = 0; i < happened; i++)
            {
                var connection = connections[epoll.NumberOf(i)];
                if (connection.IsBusy && connection.Receive() is { } status)
                {
                    latencies.Add((Stopwatch.GetElapsedTime(begun) - connection.Due).TotalMilliseconds);
                    bad += status is >= 200 and < 300 ? 0 : 1;
                    free.Push(connection);
                }
            }
        }

        // Those that were due and never sent had no answer either.
        var unanswered = (perSecond is { } pace ? (long)(duration.TotalSeconds * pace) : sent) - latencies.Count;
        var elapsed = Stopwatch.GetElapsedTime(begun);
        return new LoadResult(latencies.Count, elapsed, bad, Math.Max(0, unanswered - 1), 0, Latencies.Of(latencies));

        TimeSpan DueOf(int number, TimeSpan now) => perSecond is { } rate ? TimeSpan.FromSeconds(number / rate) : now;
    }
}
