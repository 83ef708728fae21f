using KvStore.Bench.Data;
using KvStore.Bench.Load;
using KvStore.Bench.Peers;
using KvStore.Bench.Runs;

namespace KvStore.Bench.Scenarios;

/// <summary>What a scenario makes its contestants of.</summary>
internal sealed class ScenarioSetting(Scenario scenario, BenchOptions options)
{
    public BenchOptions Options => options;

    /// <summary>The chosen peers of the scenario, each KvStore once for each build.</summary>
    public IEnumerable<PeerPlan> Plans(long keys, int valueBytes = BenchValues.SmallBytes, bool isSpoiled = false) =>
        from kind in scenario.Peers
        where options.Peers.IsEmpty || options.Peers.Contains(kind)
        from build in kind.IsKvStore() ? options.Builds : (IEnumerable<NodeBuild?>)[null]
        select new PeerPlan(kind, build, options.Scaled(keys), valueBytes) { Owner = isSpoiled ? scenario.Name : "" };

    /// <param name="stored">Keys that are there, where they are more than the load asks for.</param>
    public IEnumerable<Contestant> Loaded(Workload workload, long? stored = null, bool isSpoiled = false) =>
        Plans(stored ?? workload.Keys, workload.ValueBytes, isSpoiled).Select(plan => Loaded(plan, workload));

    /// <param name="besides">Other work of the same peer that it is compared with, where it is not compared with another build.</param>
    public Contestant Loaded(PeerPlan plan, Workload workload, string what = "", string? besides = null) =>
        new LoadedContestant(plan, workload with { Keys = Math.Min(workload.Keys, Math.Max(1, plan.Keys)) }, what)
        {
            Reference = ReferenceOf(plan, what, besides),
        };

    /// <summary>Of two builds the one is compared with the other. Null: with the first contestant that does the same.</summary>
    public string? ReferenceOf(PeerPlan plan, string what = "", string? besides = null) =>
        options.Against is { } against && plan.Build is not null ? Contestant.NameOf(plan with { Build = against }, what)
        : besides is not null ? Contestant.NameOf(plan, besides)
        : null;
}
