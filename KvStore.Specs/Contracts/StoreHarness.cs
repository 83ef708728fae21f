using KvStore.Node.Config;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Postgres;
using KvStore.Node.Storage.Sqlite;
using KvStore.Specs.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Contracts;

/// <summary>How the contract makes stores of one engine, and reaches behind them.</summary>
internal interface IStoreHarness : IAsyncDisposable
{
    /// <summary>Makes room for an empty store.</summary>
    Task<string> CreateAsync();

    IKeyStore New(StorageOptions options, int shards);

    /// <summary>Runs SQL that both engines understand, past the store.</summary>
    Task ExecuteAsync(string connectionString, string sql);

    /// <summary>Makes the engine refuse every row with this key.</summary>
    Task ForbidAsync(string connectionString, string key);
}

internal sealed class SqliteHarness : IStoreHarness
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kvstore-sqlite-");

    public Task<string> CreateAsync() => Task.FromResult($"Data Source={Path.Combine(_directory.FullName, "below", $"{Guid.NewGuid():N}.db")}");

    public IKeyStore New(StorageOptions options, int shards) =>
        new SqliteKeyStore(options, shards, TimeProvider.System, NullLogger<SqliteKeyStore>.Instance);

    public async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new SqliteConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new SqliteCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public Task ForbidAsync(string connectionString, string key) => ExecuteAsync(
        connectionString, $"create trigger forbidden before insert on kv when new.key = '{key}' begin select raise(abort, 'forbidden'); end");

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <param name="through">The way to a database where that is not the direct one.</param>
internal sealed class PostgresHarness(Func<string, Task<string>>? through = null) : IStoreHarness
{
    public async Task<string> CreateAsync()
    {
        var database = await (await PostgresServer.Shared).CreateDatabaseAsync();
        return through is null ? database : await through(database);
    }

    public IKeyStore New(StorageOptions options, int shards) =>
        new PostgresKeyStore(options, shards, TimeProvider.System, NullLogger<PostgresKeyStore>.Instance);

    public Task ExecuteAsync(string connectionString, string sql) => PostgresServer.ExecuteAsync(connectionString, sql);

    public Task ForbidAsync(string connectionString, string key) => ExecuteAsync(
        connectionString,
        $"""
        create function forbid() returns trigger language plpgsql as $$ begin raise exception 'forbidden'; end $$;
        create trigger forbidden before insert on kv for each row when (new.key = '{key}') execute function forbid()
        """);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
