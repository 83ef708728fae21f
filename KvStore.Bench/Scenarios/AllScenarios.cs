using System.Collections.Immutable;
using KvStore.Bench.Data;
using KvStore.Bench.Load;
using KvStore.Bench.Peers;
using KvStore.Bench.Runs;

namespace KvStore.Bench.Scenarios;

/// <summary>Every scenario, in the order of a run of all of them.</summary>
internal static class AllScenarios
{
    private static readonly ImmutableArray<PeerKind> Everybody = [.. PeerKinds.All];
    private static readonly ImmutableArray<PeerKind> OneNode = [PeerKind.Sqlite, PeerKind.Postgres];
    private static readonly ImmutableArray<PeerKind> OneNodeAndOthers = [PeerKind.Bare, PeerKind.Sqlite, PeerKind.Postgres, PeerKind.Webdis, PeerKind.Etcd];
    private static readonly ImmutableArray<PeerKind> Stores = [PeerKind.Sqlite, PeerKind.Postgres, PeerKind.Three, PeerKind.Five, PeerKind.Webdis, PeerKind.Etcd];
    private static readonly ImmutableArray<PeerKind> AnyKvStore = [PeerKind.Sqlite, PeerKind.Postgres, PeerKind.Three];

    public const string DistinctKeys = "distinct keys";
    public const string OneKey = "one key";

    private const long Some = 100_000;

    public static readonly ImmutableArray<Scenario> List =
    [
        new("get-hot", "GET of one key.", Everybody, setting => setting.Loaded(new(Operation.Get, 1), keys: Some)),
        new("get-uniform-100k", "GET of any of 100,000 keys, all of them live.", Everybody, setting =>
            setting.Loaded(new(Operation.Get, Some) { TouchesAll = true })),
        new("mix-90-10", "Nine GETs to one PUT of any of 100,000 keys.", Everybody, setting => setting.Loaded(new(Operation.Mix, Some) { TouchesAll = true })),
        new("put-existing", "Durable PUT of any of 100,000 keys.", Stores, setting => setting.Loaded(new(Operation.Put, Some) { TouchesAll = true })),
        new("hot-key-put", "Durable PUT of one key, beside PUT of any of 100,000.", AnyKvStore, HotKey),
        new("put-new", "Durable PUT of keys that do not exist yet.", Stores, setting => setting.Loaded(new(Operation.Create, Some), isSpoiled: true)),
    ];

    private static IEnumerable<Contestant> HotKey(ScenarioSetting setting) => setting.Plans(Some).SelectMany(plan => new[]
    {
        setting.Loaded(plan, new(Operation.Put, Some) { TouchesAll = true }, DistinctKeys),
        setting.Loaded(plan, new(Operation.Put, 1), OneKey, besides: DistinctKeys),
    });
}
