using KvStore.Bench.Peers;

namespace KvStore.Bench.Runs;

/// <summary>One row of a scenario's table: a peer and what is done to it.</summary>
/// <param name="plan">The peer.</param>
/// <param name="what">What tells it from other contestants with the same peer; empty where there is none.</param>
internal abstract class Contestant(PeerPlan plan, string what = "")
{
    public PeerPlan Plan => plan;

    public string What => what;

    public string Name => NameOf(plan, what);

    /// <summary>Whose figures of the same round its own are divided by; null: those of the same work in the scenario's first contestant.</summary>
    public string? Reference { get; init; }

    public static string NameOf(PeerPlan plan, string what) => what.Length == 0 ? plan.Title : $"{plan.Title}: {what}";

    /// <summary>Done once before the first round: whatever must not be in the figures.</summary>
    public virtual Task PrepareAsync(Peer peer, BenchOptions options, CancellationToken cancel) => Task.CompletedTask;

    public abstract Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel);
}
