using System.Collections.Immutable;
using KvStore.Bench.Peers;

namespace KvStore.Bench.Runs;

/// <summary>What a run is asked for.</summary>
internal sealed record BenchOptions
{
    private const long SmokeKeys = 1_000;
    private const long ManySmokeKeys = 2 * SmokeKeys;
    private const long Many = 1_000_000;

    /// <summary>Rounds; in each of them every contestant has its turn.</summary>
    public int Pairs { get; init; } = 5;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A turn before the first round; how many there are is for <see cref="Runs.WarmUp"/> to say. Zero: none.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    public int Connections { get; init; } = 64;

    /// <summary>Sizes that say nothing about speed, but use every line of the bench.</summary>
    public bool IsSmoke { get; init; }

    /// <summary>Whether the goals are judged at the end.</summary>
    public bool JudgesGoals { get; init; }

    /// <summary>Empty: those of each scenario.</summary>
    public ImmutableArray<PeerKind> Peers { get; init; } = [];

    /// <summary>The build that is looked at last.</summary>
    public required NodeBuild Program { get; init; }

    /// <summary>The build that it is compared with, or null.</summary>
    public NodeBuild? Against { get; init; }

    /// <summary>In the order in which they have their turn.</summary>
    public IEnumerable<NodeBuild> Builds => Against is null ? [Program] : [Against, Program];

    public long Scaled(long keys) => !IsSmoke ? keys : keys > Many ? ManySmokeKeys : Math.Min(keys, SmokeKeys);
}
