using System.Collections.Immutable;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.Faults;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Robustness.Traffic;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// All that a run is made of. The seed stands for every choice that is made in it; of two faults at a time, which comes after
/// which is up to how long they take.
/// </summary>
internal sealed record RunPlan
{
    /// <summary>Nodes that give up sooner than by default, so that a run of a minute sees many ends of leases, evictions and unknown outcomes.</summary>
    private static readonly ImmutableDictionary<string, string> Hurried = new Dictionary<string, string>
    {
        ["KvStore__Storage__LeaseTtl"] = "00:00:02",
        ["KvStore__Storage__LockTimeout"] = "00:00:00.5",
        ["KvStore__Storage__CommitTimeout"] = "00:00:02",
        ["KvStore__Storage__ReadTimeout"] = "00:00:02",
        ["KvStore__Limits__RequestTimeout"] = "00:00:04",
        ["KvStore__Limits__MaxLiveKeys"] = "400",
        ["KvStore__Limits__KeyIdleTimeout"] = "00:00:05",
    }.ToImmutableDictionary();

    public required int Seed { get; init; }

    public required StagePlan Stage { get; init; }

    public required IReadOnlyList<IFault> Faults { get; init; }

    /// <summary>How many faults there are at the same time, at most.</summary>
    public int Lanes { get; init; } = 1;

    public required TrafficPlan Traffic { get; init; }

    /// <summary>How long faults go on. Start, recovery and the last reads come on top.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Leave history and logs also where all is well.</summary>
    public bool KeepsEvidence { get; init; }

    public TimeSpan ShortestFault { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestFault { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Such as <c>5 nodes, Postgres, default settings, overlapping</c>.</summary>
    public string Description =>
        $"{Stage.Nodes} nodes, {Stage.Storage}{(Stage.HasNetwork ? "" : ", one host")}{(Stage.Settings is null ? ", default settings" : "")}{(Lanes > 1 ? ", overlapping" : "")}";

    /// <summary>
    /// The run of a seed: six of ten on three nodes and PostgreSQL, two of ten on five, two of ten on three that share an
    /// SQLite file; one of five with the settings that users have by default. Every fault that can happen there, mixed, in one
    /// of three with two of them at a time.
    /// </summary>
    public static RunPlan Mixed(int seed, TimeSpan duration)
    {
        var (nodes, storage) = (seed % 10) switch
        {
            2 or 7 => (5, StorageProvider.Postgres),
            4 or 9 => (3, StorageProvider.Sqlite),
            _ => (3, StorageProvider.Postgres),
        };
        return new RunPlan
        {
            Seed = seed,
            Stage = new StagePlan(
                nodes, storage, HasNetwork: true, HasFakeTime: seed % 2 == 0, HasProxies: seed % 2 == 1, Settings: seed % 5 == 3 ? null : Hurried),
            Faults = AllFaults.List,
            Lanes = seed % 3 == 0 ? 2 : 1,
            Traffic = new TrafficPlan { Seed = seed },
            Duration = duration,
        };
    }
}
