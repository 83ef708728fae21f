using System.Collections.Immutable;
using KvStore.Bench.Peers;
using KvStore.Bench.Runs;
using KvStore.Bench.Scenarios;

namespace KvStore.Bench.Goals;

/// <summary>The one place where the goals are. A ratio is that of the same round; its median counts.</summary>
internal static class AllGoals
{
    private const string Get = "get-uniform-100k";
    private const string Put = "put-existing";
    private const string Hot = "hot-key-put";
    private const string Paced = "rate-70";
    private const string Large = "put-large-store";
    private const string Listing = "listing-1m";
    private const string Memory = "key-actor-memory";
    private const string Start = "cold-start";

    public static readonly ImmutableArray<Goal> List =
    [
        AtLeast(0.95, "GET, the whole edge : bare Kestrel", Get, PeerKind.Sqlite, PeerKind.Bare),
        AtLeast(1.4, "GET : webdis + Redis", Get, PeerKind.Sqlite, PeerKind.Webdis),
        AtLeast(1.0, "PUT on SQLite : webdis + Redis, both synced", Put, PeerKind.Sqlite, PeerKind.Webdis),
        AtLeast(3, "PUT on PostgreSQL : etcd", Put, PeerKind.Postgres, PeerKind.Etcd),
        AtLeast(8, "GET : etcd, both linearizable", Get, PeerKind.Postgres, PeerKind.Etcd),
        AtLeast(0.45, "GET of three nodes, any of them asked : bare Kestrel", Get, PeerKind.Three, PeerKind.Bare),
        AtLeast(0.7, "PUT of three nodes : one node, both on PostgreSQL", Put, PeerKind.Three, PeerKind.Postgres),
        .. OneNode(1.0, "PUT of one key : distinct keys", Hot, AllScenarios.OneKey, AllScenarios.DistinctKeys),
        .. from peer in Nodes
           from work in new[] { AllScenarios.Read, AllScenarios.Write }
           select new Goal($"{work} at 70 % of the top rate, p99 : p50, {Short(peer)}", false, 10, Paced, Figures.Spread, peer, work),
        .. OneNode(0.8, "PUT with 10 M keys stored : with 10 k", Large, AllScenarios.ManyStored, AllScenarios.FewStored),
        .. Nodes.Select(peer => new Goal($"listing of 1 M keys, keys/s, {Short(peer)}", true, 500_000, Listing, Figures.KeysPerSecond, peer)),
        .. Nodes.Select(peer => new Goal($"listing, first line, ms, {Short(peer)}", false, 50, Listing, Figures.FirstLine, peer)),
        .. Nodes.Select(peer => new Goal($"listing, memory growth, MiB, {Short(peer)}", false, 64, Listing, Figures.MemoryGrowth, peer)),
        new("live key actor besides its value, bytes", false, 1.5 * 1024, Memory, Figures.BytesPerActor, PeerKind.Sqlite),
        .. Nodes.Select(peer => new Goal($"start to ready, s, {Short(peer)}", false, 2, Start, Figures.Seconds, peer)),
    ];

    private static PeerKind[] Nodes => [PeerKind.Sqlite, PeerKind.Postgres];

    /// <summary>The scenarios that the goals need, each with no more peers than they need.</summary>
    public static IEnumerable<Scenario> Scenarios => AllScenarios.List
        .Select(scenario => (Scenario: scenario, Goals: List.Where(goal => goal.Scenario == scenario.Name).ToArray()))
        .Where(needed => needed.Goals.Length > 0)
        .Select(needed => needed.Scenario with { Peers = [.. needed.Goals.SelectMany(goal => goal.Peers).Distinct().Order()] });

    private static Goal AtLeast(double limit, string what, string scenario, PeerKind peer, PeerKind over) =>
        new(what, true, limit, scenario, Figures.PerSecond, peer, Over: over);

    private static IEnumerable<Goal> OneNode(double limit, string what, string scenario, string work, string overWork) =>
        Nodes.Select(peer => new Goal($"{what}, {Short(peer)}", true, limit, scenario, Figures.PerSecond, peer, work, peer, overWork));

    private static string Short(PeerKind peer) => peer == PeerKind.Sqlite ? "SQLite" : "PostgreSQL";
}
