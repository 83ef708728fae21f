using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Storage;

namespace KvStore.Specs.Contracts;

/// <summary>What every engine must do. Each subclass names the engine; everything else is here.</summary>
public abstract partial class KeyStoreContract : IAsyncLifetime
{
    private const int Shards = 16;
    private const string A = "node-a";
    private const string B = "node-b";

    private readonly List<IKeyStore> _stores = [];
    private readonly IStoreHarness _harness;
    private string _connectionString = "";

    private protected KeyStoreContract(IStoreHarness harness) => _harness = harness;

    /// <summary>The store with both nodes registered; both of them use it, which no rule of it can tell from two processes.</summary>
    private IKeyStore Store { get; set; } = null!;

    public async Task InitializeAsync()
    {
        _connectionString = await _harness.CreateAsync();
        Store = NewStore();
        await Store.OpenAsync(default);
        await Store.RegisterAsync(Node(A), default);
        await Store.RegisterAsync(Node(B), default);
    }

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        await _harness.DisposeAsync();
    }

    [SkippableFact]
    public async Task Five_nodes_that_start_at_once_on_nothing_create_one_store()
    {
        var nowhere = await _harness.CreateAsync();
        var stores = Enumerable.Range(0, 5).Select(_ => NewStore(connectionString: nowhere)).ToArray();
        var identities = await Task.WhenAll(stores.Select(store => Task.Run(() => store.OpenAsync(default))));
        var identity = Assert.Single(identities.Distinct());
        Assert.Equal(new StoreIdentity(identity.StoreId, StoreIdentity.CurrentSchemaVersion, Shards, ShardMap.HashName), identity);
        Assert.NotEqual(Guid.Empty, identity.StoreId);
        for (var shard = 0; shard < Shards; shard++)
        {
            Assert.Equal(new ShardHolder(new LeaseRow(shard, 0, null), null), await stores[0].LookAsync(shard));
        }
    }

    [SkippableFact]
    public async Task Another_shard_count_is_refused_with_both_numbers()
    {
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => NewStore(shards: 17).OpenAsync(default));
        Assert.Equal("KvStore:Shards", refusal.Setting);
        Assert.Contains("KvStore:Shards", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("17", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("16", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("update meta set hash_name = 'md5'", "'md5'", "'xxhash3-64'")]
    [InlineData("update meta set schema_version = 99", "99", "1")]
    public async Task Another_hash_or_schema_is_refused_with_both_values(string change, string found, string wanted)
    {
        await _harness.ExecuteAsync(_connectionString, change);
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => NewStore().OpenAsync(default));
        Assert.Contains(refusal.Setting, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(found, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(wanted, refusal.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_foreign_database_is_refused()
    {
        var foreign = await _harness.CreateAsync();
        var store = NewStore(connectionString: foreign);
        await store.OpenAsync(default);
        await _harness.ExecuteAsync(foreign, "drop table meta");
        await _harness.ExecuteAsync(foreign, "create table meta (note text)");
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => NewStore(connectionString: foreign).OpenAsync(default));
        Assert.Equal("KvStore:Storage:ConnectionString", refusal.Setting);
    }

    [SkippableFact]
    public async Task A_store_that_is_opened_again_has_what_was_written()
    {
        var epoch = await AcquireAsync(A, 3);
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("k", 3, epoch, 0, 1, "{}")));
        var again = NewStore();
        Assert.Equal((await NewStore().OpenAsync(default)).StoreId, (await again.OpenAsync(default)).StoreId);
        Assert.Equal(Stored(1, "{}"), await again.LoadAsync(3, Key.Parse("k")));
    }

    private protected static NodeRow Node(string id) =>
        new(id, $"name of {id}", $"akka.tcp://kvstore@{id}:4053", $"http://{id}:7000", 0, TimeSpan.FromSeconds(5));

    private protected static RowWrite Row(string key, int shard, long epoch, long expected, long version, string? value) =>
        new(Key.Parse(key), shard, epoch, new KeyVersion(expected), new KeyVersion(version), value is null ? null : JsonText.Of(value));

    private protected static StoredRow Stored(long version, string? value) =>
        new(new KeyVersion(version), value is null ? null : JsonText.Of(value));

    private IKeyStore NewStore(int shards = Shards, string? connectionString = null)
    {
        var store = _harness.New(new StorageOptions { ConnectionString = connectionString ?? _connectionString }, shards);
        _stores.Add(store);
        return store;
    }

    /// <summary>Takes a shard that is free or the node's own.</summary>
    private async Task<long> AcquireAsync(string node, int shard) =>
        Assert.IsType<AcquireResult.Acquired>(await Store.AcquireAsync(new AcquireRequest(shard, node, null, 0))).Epoch;

    /// <summary>Takes a shard from a holder whose counter is known.</summary>
    private async Task<long> TakeOverAsync(string node, int shard)
    {
        var seen = await Store.LookAsync(shard);
        var request = new AcquireRequest(shard, node, seen.Lease.Holder, seen.Node?.Counter ?? -1);
        return Assert.IsType<AcquireResult.Acquired>(await Store.AcquireAsync(request)).Epoch;
    }

    private async Task<IEnumerable<RowOutcome>> CommitAsync(string node, params RowWrite[] rows) =>
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(node, rows)).Rows;

    private async Task<StoredRow?> LoadAsync(int shard, string key) => await Store.LoadAsync(shard, Key.Parse(key));

    private static RequestContext NoContext() => new("spec", Deadline.After(TimeSpan.FromMinutes(1), TimeProvider.System));
}
