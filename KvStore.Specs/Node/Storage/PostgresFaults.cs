using KvStore.Messages.Keys;
using KvStore.Node.Config;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Postgres;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace KvStore.Specs.Node.Storage;

/// <summary>A store with two nodes, and connections that stand in its way.</summary>
internal sealed class PostgresFaults : IAsyncDisposable
{
    public const string A = "node-a";
    public const string B = "node-b";

    private readonly List<IAsyncDisposable> _open = [];

    private PostgresFaults(string connectionString, PostgresKeyStore store)
    {
        ConnectionString = connectionString;
        Store = store;
        _open.Add(store);
    }

    public string ConnectionString { get; }

    public PostgresKeyStore Store { get; }

    public StoreIdentity Identity { get; private set; } = null!;

    public int LockClass => ShardLocks.ClassOf(Identity.StoreId);

    public static async Task<PostgresFaults> OpenAsync(
        string connectionString, TimeSpan? lockTimeout = null, TimeSpan? commitTimeout = null, Action<StorageOptions>? adjust = null)
    {
        var faults = new PostgresFaults(connectionString, New(connectionString, lockTimeout, commitTimeout, adjust: adjust));
        faults.Identity = await faults.Store.OpenAsync(default);
        foreach (var node in new[] { A, B })
        {
            await faults.Store.RegisterAsync(new NodeRow(node, node, "akka", "http", 0, TimeSpan.FromSeconds(5)), default);
        }

        return faults;
    }

    public static PostgresKeyStore New(
        string connectionString,
        TimeSpan? lockTimeout = null,
        TimeSpan? commitTimeout = null,
        bool allowUnsafe = false,
        Action<StorageOptions>? adjust = null)
    {
        var options = new StorageOptions
        {
            Provider = StorageProvider.Postgres,
            ConnectionString = connectionString,
            LockTimeout = lockTimeout ?? TimeSpan.FromSeconds(10),
            CommitTimeout = commitTimeout ?? TimeSpan.FromSeconds(10),
            AllowUnsafeServerSettings = allowUnsafe,
        };
        adjust?.Invoke(options);
        return new PostgresKeyStore(options, 16, TimeProvider.System, NullLogger<PostgresKeyStore>.Instance);
    }

    public static RowWrite Row(string key, long epoch, long expected, long version, int shard = 0) =>
        new(Key.Parse(key), shard, epoch, new KeyVersion(expected), new KeyVersion(version), JsonText.Of($"{version}"));

    public async Task<long> AcquireAsync(string node, int shard = 0) =>
        Assert.IsType<AcquireResult.Acquired>(await Store.AcquireAsync(new AcquireRequest(shard, node, null, 0))).Epoch;

    /// <summary>A connection in a transaction that has run <paramref name="sql"/> and does not end.</summary>
    public async Task<NpgsqlConnection> HoldAsync(string sql)
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        _open.Add(connection);
        await connection.OpenAsync();
        await RunAsync(connection, "begin isolation level read committed; " + sql);
        return connection;
    }

    public static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public Task<T> QueryAsync<T>(string sql) => PostgresServer.QueryAsync<T>(ConnectionString, sql);

    /// <summary>Waits until a backend of this database waits for a lock.</summary>
    public Task SomebodyWaitsAsync() => EventuallyAsync(() => QueryAsync<bool>(
        "select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"));

    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, "The condition did not come true in 20 s.");
            await Task.Delay(10);
        }
    }

    /// <summary>Waits until that many backends wait for locks, or <paramref name="or"/> has ended and so never will.</summary>
    public Task TheyWaitAsync(int count, Task or) => EventuallyAsync(async () => or.IsCompleted || await QueryAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") >= count);

    /// <summary>Makes every commit wait for a standby that there is not, or for none.</summary>
    public async Task DemandStandbyAsync(string name)
    {
        await PostgresServer.ExecuteAsync(ConnectionString, $"alter system set synchronous_standby_names = '{name}'");
        await PostgresServer.ExecuteAsync(ConnectionString, "select pg_reload_conf()");
        await EventuallyAsync(() => QueryAsync<bool>($"select current_setting('synchronous_standby_names') = '{name}'"));
    }

    /// <summary>Ends the backend whose batch waits for a lock.</summary>
    public Task<bool> KillWaitingBackendAsync() => QueryAsync<bool>(
        "select bool_and(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");

    public async ValueTask DisposeAsync()
    {
        foreach (var open in Enumerable.Reverse(_open))
        {
            await open.DisposeAsync();
        }
    }
}
