using System.Collections.Immutable;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>
/// What a client wanted and when it had it, with all the attempts that it took: after a failure the client asks another node
/// at once, as clients behind a load balancer do.
/// </summary>
/// <param name="Start">When it was due by the clock of the load, on time or not: a client that waits for itself hides a stall.</param>
/// <param name="End">When it was answered, or given up.</param>
/// <param name="Failures">What became of the attempts before the last one.</param>
internal sealed record LoadedRequest(
    string Key, bool IsWrite, TimeSpan Start, TimeSpan End, bool IsAnswered, ImmutableArray<string> Failures)
{
    public TimeSpan Wait => End - Start;

    public override string ToString() =>
        $"{(IsWrite ? "PUT" : "GET")} {Key}: due at {Start.TotalSeconds:0.00} s, {(IsAnswered ? "answered" : "given up")} after "
        + $"{Wait.TotalSeconds:0.00} s{(Failures.IsEmpty ? "" : $" and {Failures.Length} failures ({string.Join("; ", Failures.Take(4))})")}";
}
