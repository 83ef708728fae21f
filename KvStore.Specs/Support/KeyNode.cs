using Akka.Actor;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Config;
using KvStore.Node.Keys;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Support;

/// <summary>
/// What stands below a node's key actors, without a cluster: a real store in a file of its own, leases, the writer, the
/// ownership actor.
/// </summary>
internal sealed class KeyNode : IAsyncDisposable
{
    public const string Name = "node";

    private readonly TempDirectory? _directory;
    private readonly ActorSystem _system;
    private readonly StorageOptions _storage;

    private KeyNode(
        ActorSystem system, TempDirectory? directory, FaultyStore store, NodeRow self, LimitOptions limits, StorageOptions storage, TimeSpan mostGathering)
    {
        (_system, _directory, _storage, Store, Self) = (system, directory, storage, store, self);
        Leases = new LeaseTable(Shards, BootClock.Instance);
        LiveKeys = new LiveKeys(Shards, limits.MaxLiveKeys);
        Writer = new GroupCommitWriter(store, Leases, self.NodeId, storage, NullLogger.Instance, mostGathering);
        Ownership = system.ActorOf(Props.Create(() => new OwnershipActor(new OwnershipContext(
            self, storage, store, Writer, Leases, LiveKeys, BootClock.Instance, () => true, Ignore, NullLogger.Instance))));
        Context = new KeyActorContext(
            self.Name, limits, store, Writer, Leases, LiveKeys, Ownership, TimeProvider.System, NullLogger.Instance);
    }

    public static int Shards => 4;

    public FaultyStore Store { get; }

    public NodeRow Self { get; }

    public LeaseTable Leases { get; }

    public LiveKeys LiveKeys { get; }

    public GroupCommitWriter Writer { get; }

    public IActorRef Ownership { get; }

    public KeyActorContext Context { get; }

    public Props KeyActorProps => Props.Create(() => new KeyActor(Context));

    public static async Task<KeyNode> StartAsync(
        ActorSystem system, LimitOptions? limits = null, StorageOptions? storage = null, TimeSpan? mostGathering = null)
    {
        var directory = new TempDirectory();
        storage ??= new StorageOptions();
        storage.ConnectionString = $"Data Source={directory.File("kv.db")}";
        return await StartAsync(system, Name, directory, limits ?? new LimitOptions(), storage, mostGathering);
    }

    /// <summary>A second node on the store of this one.</summary>
    public Task<KeyNode> StartPeerAsync(string name) => StartAsync(_system, name, null, Context.Limits, _storage);

    private static async Task<KeyNode> StartAsync(
        ActorSystem system, string name, TempDirectory? directory, LimitOptions limits, StorageOptions storage, TimeSpan? mostGathering = null)
    {
        var store = new FaultyStore(new SqliteKeyStore(storage, Shards, TimeProvider.System, NullLogger<SqliteKeyStore>.Instance));
        await store.OpenAsync(CancellationToken.None);
        var self = NewRow(name, storage.LeaseTtl);
        await store.RegisterAsync(self, CancellationToken.None);
        return new KeyNode(system, directory, store, self, limits, storage, mostGathering ?? RowGathering.DefaultMost);
    }

    public static NodeRow NewRow(string name, TimeSpan ttl) =>
        new(Guid.NewGuid().ToString("N"), name, $"akka.tcp://kvstore@{name}:1", $"http://{name}", 0, ttl);

    public static RequestContext Request(TimeSpan? left = null) =>
        new("spec", Deadline.After(left ?? TimeSpan.FromSeconds(30), TimeProvider.System));

    public IActorRef StartKey() => _system.ActorOf(KeyActorProps);

    /// <summary>Another node takes the shard, as it could once this one's lease has run out; this one does not know.</summary>
    public async Task<NodeRow> LoseAsync(int shard)
    {
        var thief = NewRow("thief", TimeSpan.FromSeconds(30));
        await Store.RegisterAsync(thief, CancellationToken.None);
        var found = await Store.LookAsync(shard);
        var taken = await Store.AcquireAsync(new AcquireRequest(shard, thief.NodeId, Self.NodeId, found.Node?.Counter ?? 0));
        Assert.IsType<AcquireResult.Acquired>(taken);
        return thief;
    }

    /// <summary>An operator deletes a node's row by hand.</summary>
    public async Task ForgetRowOfAsync(KeyNode other)
    {
        await using var connection = new SqliteConnection(_storage.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "delete from node where node_id = $id";
        command.Parameters.AddWithValue("$id", other.Self.NodeId);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private static void Ignore(LeaseDirectory directory)
    {
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Store.DisposeAsync();
        _directory?.Dispose();
    }
}
