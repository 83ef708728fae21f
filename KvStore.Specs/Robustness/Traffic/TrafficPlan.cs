namespace KvStore.Specs.Robustness.Traffic;

/// <summary>What the clients of a run do. With the same seed they draw the same requests in the same order.</summary>
internal sealed record TrafficPlan
{
    public int Seed { get; init; } = 1;

    /// <summary>Requests a second, of all clients together. They are sent when they are due, whatever became of those before.</summary>
    public int Rate { get; init; } = 500;

    public int Clients { get; init; } = 24;

    /// <summary>
    /// Requests under way at most; with the time-outs below that is enough for a third of the keys giving no answer at all. What
    /// is due while so many are is not sent, and is counted as missed.
    /// </summary>
    public int MaxInFlight { get; init; } = 1_024;

    public int HotKeys { get; init; } = 8;

    public int ColdKeys { get; init; } = 4_000;

    /// <summary>The part of the requests that goes to the hot keys.</summary>
    public double HotShare { get; init; } = 0.65;

    /// <summary>The part of the requests that are listings. A complete one has a line for every key that there is.</summary>
    public double ListingShare { get; init; } = 0.006;

    /// <summary>The chance that a client asks another node from now on, drawn before each request.</summary>
    public double NodeChangeShare { get; init; } = 0.02;

    /// <summary>When most clients give up.</summary>
    public TimeSpan ClientTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// When every eighth client gives up: later than the nodes do by default (10 s), so that what they say then is seen too.
    /// </summary>
    public TimeSpan PatientTimeout { get; init; } = TimeSpan.FromSeconds(11);
}
