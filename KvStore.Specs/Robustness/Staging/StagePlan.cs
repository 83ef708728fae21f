using System.Collections.Immutable;
using KvStore.Node.Config;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What a run plays on.</summary>
/// <param name="Nodes">How many processes.</param>
/// <param name="Storage">PostgreSQL, one server of its own; or SQLite, one file that all nodes share.</param>
/// <param name="HasNetwork">Each node in a network namespace of its own, so that links can be cut. Needs root.</param>
/// <param name="HasFakeTime">Nodes and database run under libfaketime, so that their wall clocks can be stepped.</param>
/// <param name="HasProxies">A proxy between each node and PostgreSQL, which can do harm at a chosen message.</param>
/// <param name="Settings">Further settings of every node, by the names of environment variables.</param>
/// <param name="Program">Another build of <c>KvStore.Node.dll</c>; null: the one that was built with the specs.</param>
internal sealed record StagePlan(
    int Nodes,
    StorageProvider Storage,
    bool HasNetwork = false,
    bool HasFakeTime = false,
    bool HasProxies = false,
    ImmutableDictionary<string, string>? Settings = null,
    string? Program = null);
