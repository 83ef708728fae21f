using System.Collections.Immutable;
using KvStore.Bench.Load;
using KvStore.Bench.Peers;
using KvStore.Bench.Runs;

namespace KvStore.Bench.Scenarios;

/// <summary>Every scenario, in the order of a run of all of them. Neighbours that hold the same keys share their peers.</summary>
internal static class AllScenarios
{
    public const string Read = "GET";
    public const string Write = "PUT";
    public const string DistinctKeys = "distinct keys";
    public const string OneKey = "one key";
    public const string FewStored = "10 k stored";
    public const string ManyStored = "10 M stored";

    private const long FewKeys = 10_000;
    private const long SomeKeys = 100_000;
    private const long ManyKeys = 10_000_000;

    /// <summary>So few that a guard now and then fails, as in use.</summary>
    private const long GuardedKeys = 1_000;
    private const int KibiByte = 1_024;
    private const double ShareOfTop = 0.7;

    /// <summary>Nodes that have nothing to do work a little too: five more of them only where the question is what they do.</summary>
    private static readonly ImmutableArray<PeerKind> Everybody = [.. PeerKinds.All.Where(kind => kind != PeerKind.Five)];
    private static readonly ImmutableArray<PeerKind> Stores = [.. Everybody.Where(kind => kind != PeerKind.Bare)];
    private static readonly ImmutableArray<PeerKind> OneNode = [PeerKind.Sqlite, PeerKind.Postgres];
    private static readonly ImmutableArray<PeerKind> BareAndOneNode = [PeerKind.Bare, .. OneNode];
    private static readonly ImmutableArray<PeerKind> UpToThree = [.. OneNode, PeerKind.Three];

    public static readonly ImmutableArray<Scenario> List =
    [
        new("get-hot", "GET of one key.", Everybody, setting => setting.Loaded(new(Operation.Get, 1), stored: SomeKeys)),
        new("get-uniform-100k", "GET of any of 100,000 keys, all of them live.", [.. Everybody, PeerKind.Five], setting => setting.Loaded(Of(Operation.Get))),
        new("mix-90-10", "Nine GETs to one durable PUT, of any of 100,000 keys.", Everybody, setting => setting.Loaded(Of(Operation.Mix))),
        new("put-existing", "Durable PUT of any of 100,000 keys.", [.. Stores, PeerKind.Five], setting => setting.Loaded(Of(Operation.Put))),
        new("hot-key-put", "Durable PUT of one key, beside PUT of any of 100,000.", UpToThree, HotKey),
        new("patch", "Durable PATCH of any of 100,000 keys, beside PUT.", OneNode, Patch),
        new("guarded-increment", "PUT with If-Match of any of 1,000 keys; only those that got through count.", UpToThree, setting =>
            setting.Loaded(new(Operation.Increment, GuardedKeys), stored: SomeKeys)),
        new("failover", "SIGKILL of one of three nodes, until every key has answered through the others.", [PeerKind.Three], setting =>
            setting.Plans(SomeKeys).Select(plan => new FailoverContestant(plan) { Reference = setting.ReferenceOf(plan) })),
        new("rate-70", "At a steady 70 % of the top rate: the 99th percentile beside the median, from the moment that a request was due.", [.. BareAndOneNode, PeerKind.Webdis], Paced),
        new("cold-start", "From the start of the process to ready, on a store that is there.", OneNode, setting =>
            setting.Plans(SomeKeys).Select(plan => new ColdStartContestant(plan) { Reference = setting.ReferenceOf(plan) })),
        new("listing-1m", "GET /kv of 1,000,000 keys.", UpToThree, setting =>
            setting.Plans(1_000_000).Select(plan => new ListingContestant(plan) { Reference = setting.ReferenceOf(plan) })),
        new("put-large-store", "Durable PUT of 10,000 keys with as many and with 10,000,000 stored.", OneNode, LargeStore),
        new("put-uniform-10m", "Durable PUT of any of 10,000,000 keys, of which few are live.", OneNode, setting => setting.Loaded(new(Operation.Put, ManyKeys))),
        new("get-uniform-10m", "GET of any of 10,000,000 keys, of which few are live.", BareAndOneNode, setting => setting.Loaded(new(Operation.Get, ManyKeys))),
        new("put-new", "Durable PUT of keys that do not exist yet.", Stores, setting => setting.Loaded(new(Operation.Create, 1), stored: SomeKeys, isSpoiled: true)),
        new("get-http2", "GET of any of 100,000 keys over HTTP/2.", BareAndOneNode, setting => Http2(setting, Operation.Get)),
        new("put-http2", "Durable PUT of any of 100,000 keys over HTTP/2.", OneNode, setting => Http2(setting, Operation.Put)),
        new("value-1k", "GET and PUT of values of 1 KiB, 100,000 keys.", Everybody, setting => Values(setting, SomeKeys, KibiByte)),
        new("value-64k", "GET and PUT of values of 64 KiB, 1,000 keys.", Everybody, setting => Values(setting, GuardedKeys, 64 * KibiByte)),
        new("key-actor-memory", "Heap bytes of a live key besides its value.", [PeerKind.Sqlite], setting =>
            setting.Plans(SomeKeys, valueBytes: 1, isSpoiled: true).Select(plan => new ActorMemoryContestant(plan) { Reference = setting.ReferenceOf(plan) })),
    ];

    private static Workload Of(Operation operation) => new(operation, SomeKeys) { TouchesAll = true };

    private static IEnumerable<Contestant> HotKey(ScenarioSetting setting) => setting.Plans(SomeKeys).SelectMany(plan => new[]
    {
        setting.Loaded(plan, Of(Operation.Put), DistinctKeys),
        setting.Loaded(plan, new(Operation.Put, 1), OneKey, besides: DistinctKeys),
    });

    private static IEnumerable<Contestant> Patch(ScenarioSetting setting) => setting.Plans(SomeKeys).SelectMany(plan => new[]
    {
        setting.Loaded(plan, Of(Operation.Put), Write),
        setting.Loaded(plan, Of(Operation.Patch), "PATCH", besides: Write),
    });

    private static IEnumerable<Contestant> Paced(ScenarioSetting setting) =>
        from plan in setting.Plans(SomeKeys)
        from work in new[] { (Operation: Operation.Get, What: Read), (Operation: Operation.Put, What: Write) }
        where plan.Kind != PeerKind.Bare || work.Operation == Operation.Get
        select new PacedContestant(plan, Of(work.Operation) with { Keys = plan.Keys }, ShareOfTop, work.What) { Reference = setting.ReferenceOf(plan, work.What) };

    private static IEnumerable<Contestant> Http2(ScenarioSetting setting, Operation operation) =>
        setting.Plans(SomeKeys).Select(plan => plan with { IsHttp2 = true }).Select(plan =>
            new Http2Contestant(plan, new(operation, plan.Keys), "HTTP/2") { Reference = setting.ReferenceOf(plan, "HTTP/2") });

    private static IEnumerable<Contestant> Values(ScenarioSetting setting, long keys, int bytes) =>
        from work in new[] { (Operation: Operation.Get, What: Read), (Operation: Operation.Put, What: Write) }
        from plan in setting.Plans(keys, bytes)
        where plan.Kind != PeerKind.Bare || work.Operation == Operation.Get
        select setting.Loaded(plan, new(work.Operation, keys, bytes), work.What);

    /// <summary>The same number of keys in both, so that only what is stored beside them differs; spread over all that is.</summary>
    private static IEnumerable<Contestant> LargeStore(ScenarioSetting setting) =>
        setting.Plans(FewKeys).Zip(setting.Plans(ManyKeys)).SelectMany(plans => new[]
        {
            setting.Loaded(plans.First, new(Operation.Put, FewKeys) { TouchesAll = true }, FewStored),
            setting.Loaded(plans.Second, new(Operation.Put, FewKeys, Stride: Math.Max(1, plans.Second.Keys / FewKeys)) { TouchesAll = true }, ManyStored, besides: FewStored),
        });
}
