namespace KvStore.Specs.Support;

/// <summary>An empty database on the specs' shared server, as a store under test.</summary>
internal static class PostgresDatabase
{
    public static Task<StorageUnderTest> CreateAsync() =>
        StorageUnderTest.PostgresAsync(async () => await (await PostgresServer.Shared).CreateDatabaseAsync());
}
