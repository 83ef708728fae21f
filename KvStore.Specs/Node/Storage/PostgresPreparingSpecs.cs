using KvStore.Node.Storage.Postgres;
using KvStore.Specs.Support;
using Npgsql;

namespace KvStore.Specs.Node.Storage;

public sealed class PostgresPreparingSpecs
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task What_a_batch_is_made_of_is_prepared_where_that_is_wanted()
    {
        var database = await (await PostgresServer.Shared).CreateDatabaseAsync();
        Assert.NotEqual(0, await CountPreparedAsync(database, prepares: true));
        Assert.Equal(0, await CountPreparedAsync(database, prepares: false));
    }

    [SkippableFact]
    public async Task A_pooler_is_noticed()
    {
        var database = await (await PostgresServer.Shared).CreateDatabaseAsync();
        Assert.True(await IsDirectAsync(database));
        Assert.False(await IsDirectAsync((await PgBouncer.GetSharedAsync()).Through(database)));
    }

    private static async Task<bool> IsDirectAsync(string database)
    {
        await using var source = PostgresServers.Unpooled(PostgresServers.Parse(database), Long, Long);
        await using var connection = await source.OpenConnectionAsync();
        return await PostgresServers.IsDirectAsync(connection, CancellationToken.None);
    }

    private static async Task<long> CountPreparedAsync(string database, bool prepares)
    {
        await using var source = PostgresServers.Unpooled(PostgresServers.Parse(database), Long, Long, prepares);
        await using var connection = await source.OpenConnectionAsync();
        for (var round = 0; round < 3; round++)
        {
            await using var batch = new PostgresBatch(connection, Long).Add("select $1", PostgresBatch.Integer(round));
            await batch.CommitAsync(_ => Task.FromResult(0));
        }

        await using var count = new NpgsqlCommand("select count(*) from pg_prepared_statements", connection);
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
