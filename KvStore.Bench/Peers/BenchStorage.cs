using KvStore.Bench.Data;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Bench.Peers;

/// <summary>The store of one KvStore peer, for it alone: a file, or a server with all of its durability on.</summary>
internal sealed class BenchStorage : IAsyncDisposable
{
    private readonly TempFolder? _folder;
    private readonly PostgresServer? _server;

    private BenchStorage(string connectionString, TempFolder? folder, PostgresServer? server) =>
        (ConnectionString, _folder, _server) = (connectionString, folder, server);

    public string Provider => _server is null ? "Sqlite" : "Postgres";

    public string ConnectionString { get; }

    /// <summary>None under SQLite.</summary>
    public IReadOnlyList<int> Workers => _server is null ? [] : [_server.ProcessId];

    public static async Task<BenchStorage> CreateAsync(PeerKind kind)
    {
        if (kind == PeerKind.Sqlite)
        {
            var folder = new TempFolder();
            return new($"Data Source={folder.File("kvstore.db")}", folder, null);
        }

        var server = await PostgresServer.StartNewAsync();
        return new(await server.CreateDatabaseAsync(), null, server);
    }

    /// <summary>Puts the keys into the table. No node may run, and one must have run before: it makes the table.</summary>
    public Task FillAsync(long keys, int valueBytes, CancellationToken cancel) => _server is null
        ? SqliteFill.RunAsync(ConnectionString, keys, valueBytes, cancel)
        : PostgresFill.RunAsync(ConnectionString, keys, valueBytes, cancel);

    public async ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
