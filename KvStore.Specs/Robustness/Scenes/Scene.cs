using System.Collections.Immutable;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>
/// One way in which the protocol could fail, played step by step: each step waits for what the one before was to bring about. What
/// the clients saw is judged like the traffic of any run, so a scene that the program gets through is no more than a run that passes.
/// </summary>
/// <param name="Name">In upper camel case.</param>
/// <param name="Steps">Everything after the start of the nodes.</param>
internal sealed record Scene(string Name, Func<ScenePlay, Task> Steps)
{
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>May be a third of the TTL at most.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For how long a node that was cut off and continued goes on, about: the time that the steps after it have.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Null: longer than any scene.</summary>
    public TimeSpan? KeyIdleTimeout { get; init; }

    /// <param name="program">Null: the program that was built with the specs.</param>
    public StagePlan StageFor(string? program) => new(
        2, StorageProvider.Postgres, HasNetwork: true, HasProxies: true, Program: program, Settings: ImmutableDictionary.CreateRange<string, string>(
        [
            new("KvStore__Storage__LeaseTtl", LeaseTtl.ToString()),
            new("KvStore__Storage__LockTimeout", LockTimeout.ToString()),
            new("KvStore__Storage__CommitTimeout", CommitTimeout.ToString()),
            new("KvStore__Storage__ReadTimeout", ReadTimeout.ToString()),
            new("KvStore__Cluster__StableAfter", StableAfter.ToString()),
            new("KvStore__Limits__RequestTimeout", RequestTimeout.ToString()),
            new("KvStore__Limits__KeyIdleTimeout", (KeyIdleTimeout ?? TimeSpan.FromMinutes(5)).ToString()),
        ]));

    /// <summary>For the names of specs.</summary>
    public override string ToString() => Name;
}

/// <summary>What a step was to bring about did not come about in time, so that the scene shows nothing.</summary>
internal sealed class SceneNotPlayedException(string message) : Exception(message);
