using System.Collections.Immutable;
using System.Net;
using KvStore.Node.Config;
using KvStore.Specs.Support;
using Npgsql;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>The store that the nodes of a stage share, and how each of them gets there.</summary>
internal sealed class StageStorage : IAsyncDisposable
{
    private readonly StorageProvider _provider;
    private readonly StageNetwork? _network;
    private readonly bool _hasProxies;
    private readonly Dictionary<string, PostgresProxy> _proxies = [];
    private string _database = "";

    private StageStorage(StagePlan plan, StageNetwork? network) =>
        (_provider, _network, _hasProxies) = (plan.Storage, network, plan.HasProxies && plan.Storage == StorageProvider.Postgres);

    /// <summary>Null under SQLite.</summary>
    public PostgresServer? Server { get; private set; }

    /// <summary>The server's wall clock, or null where that is the machine's.</summary>
    public FakeClock? Clock { get; private set; }

    /// <summary>Null under PostgreSQL.</summary>
    public string? SqliteFile { get; private set; }

    /// <summary>What the SQLite file lies on, or null where this process may mount nothing.</summary>
    public SmallDisk? Disk { get; private set; }

    /// <summary>Faults that start or stop the server's processes happen one after the other.</summary>
    public SemaphoreSlim ServerTurn { get; } = new(1);

    /// <summary>For this process, past everything that can be cut.</summary>
    public string DirectConnectionString =>
        (Server is null ? $"Data Source={SqliteFile}" : Server.ConnectionString(_database)) + ";Pooling=false";

    /// <param name="directory">Of the stage; must be open to all users.</param>
    public static async Task<StageStorage> StartAsync(StagePlan plan, string directory, StageNetwork? network, Func<string, NodeProcessLogFile> log)
    {
        var storage = new StageStorage(plan, network);
        try
        {
            if (plan.Storage == StorageProvider.Postgres)
            {
                await storage.StartServerAsync(plan, directory, log("database"));
            }
            else
            {
                storage.Disk = SmallDisk.IsPossible ? await SmallDisk.MountAsync(Path.Combine(directory, "disk")) : null;
                storage.SqliteFile = Path.Combine(storage.Disk?.Path ?? directory, "kvstore.db");
            }

            return storage;
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    /// <summary>What stands between the node and the database, or null.</summary>
    public PostgresProxy? ProxyOf(string node) => _proxies.GetValueOrDefault(node);

    /// <summary>The one place that says how a node reaches the store. Its proxy starts here.</summary>
    public StorageUnderTest For(string node) => StorageUnderTest.Existing(
        _provider, Server is null ? $"Data Source={SqliteFile}" : PostgresServer.ConnectionString(_database, EntranceFor(node, Server)));

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }

    private IPEndPoint EntranceFor(string node, PostgresServer server)
    {
        var address = _network?.DatabaseAddress ?? IPAddress.Loopback;
        if (!_hasProxies)
        {
            return new IPEndPoint(address, server.Port);
        }

        if (!_proxies.TryGetValue(node, out var proxy))
        {
            proxy = _proxies[node] = PostgresProxy.Start(new IPEndPoint(address, 0), () => new IPEndPoint(IPAddress.Loopback, server.Port));
        }

        return proxy.Endpoint;
    }

    private async Task StartServerAsync(StagePlan plan, string directory, NodeProcessLogFile log)
    {
        Clock = plan.HasFakeTime ? new FakeClock(Path.Combine(directory, "clock-database")) : null;
        Server = await PostgresServer.StartNewAsync(new PostgresServerPlan
        {
            Addresses = _network is null ? [] : [_network.DatabaseAddress.ToString()],
            Network = _network?.Range,
            Environment = Clock?.Environment ?? ImmutableDictionary<string, string>.Empty,
            LogFile = log,
        });
        _database = new NpgsqlConnectionStringBuilder(await Server.CreateDatabaseAsync()).Database!;
    }
}
