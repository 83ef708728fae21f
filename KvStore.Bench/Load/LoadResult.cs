namespace KvStore.Bench.Load;

/// <summary>What clients saw.</summary>
/// <param name="BadAnswers">Neither 2xx nor a conflict that belongs to the work.</param>
/// <param name="SocketErrors">Connections that failed, and requests without an answer in time.</param>
/// <param name="Conflicts">Guards that did not hold: answered well, but nothing was written.</param>
internal sealed record LoadResult(long Requests, TimeSpan Duration, long BadAnswers, long SocketErrors, long Conflicts, Latencies Latencies)
{
    /// <summary>Requests that did what they were sent for.</summary>
    public double PerSecond => (Requests - Conflicts) / Duration.TotalSeconds;

    /// <summary>Null, or why the figures are none.</summary>
    public string? Fault => (Requests, BadAnswers, SocketErrors) switch
    {
        (0, _, _) => "no request was answered",
        (_, > 0, _) => $"{BadAnswers} of {Requests} answers were not 2xx",
        (_, _, > 0) => $"{SocketErrors} requests failed or had no answer in time",
        _ => null,
    };
}

/// <summary>In milliseconds.</summary>
internal sealed record Latencies(double P50, double P90, double P99, double P999, double Max)
{
    public static Latencies Of(List<double> milliseconds)
    {
        if (milliseconds.Count == 0)
        {
            return new(0, 0, 0, 0, 0);
        }

        milliseconds.Sort();
        return new(Share(0.5), Share(0.9), Share(0.99), Share(0.999), milliseconds[^1]);

        double Share(double share) => milliseconds[Math.Min(milliseconds.Count - 1, (int)(share * milliseconds.Count))];
    }
}
