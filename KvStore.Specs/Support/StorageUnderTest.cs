using KvStore.Node.Config;

namespace KvStore.Specs.Support;

/// <summary>One store of its own for one spec, as a node's settings name it.</summary>
internal sealed class StorageUnderTest : IDisposable
{
    private readonly IDisposable? _files;

    private StorageUnderTest(StorageProvider provider, string connectionString, IDisposable? files)
    {
        Provider = provider;
        ConnectionString = connectionString;
        _files = files;
    }

    public StorageProvider Provider { get; }

    public string ConnectionString { get; }

    /// <summary>A file that does not exist yet, in a directory that goes with this.</summary>
    public static StorageUnderTest Sqlite()
    {
        var directory = new TempDirectory();
        return new(StorageProvider.Sqlite, $"Data Source={directory.File("kvstore.db")}", directory);
    }

    public static Task<StorageUnderTest> SqliteAsync() => Task.FromResult(Sqlite());

    /// <param name="createDatabase">Makes an empty database and gives its connection string; it also sees to its end.</param>
    public static async Task<StorageUnderTest> PostgresAsync(Func<Task<string>> createDatabase) =>
        new(StorageProvider.Postgres, await createDatabase(), files: null);

    /// <summary>One that somebody else has made and sees to the end of.</summary>
    public static StorageUnderTest Existing(StorageProvider provider, string connectionString) => new(provider, connectionString, files: null);

    public void Dispose() => _files?.Dispose();
}
