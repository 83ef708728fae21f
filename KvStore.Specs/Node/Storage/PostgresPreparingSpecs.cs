using KvStore.Messages.Keys;
using KvStore.Node.Config;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Postgres;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace KvStore.Specs.Node.Storage;

public sealed class PostgresPreparingSpecs
{
    /// <summary>From the sixth on the server may keep its plan.</summary>
    private const int Loads = 10;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task What_a_batch_is_made_of_is_prepared_where_that_is_wanted()
    {
        var database = await (await PostgresServer.Shared).CreateDatabaseAsync();
        Assert.NotEqual(0, await CountPreparedAsync(database, prepares: true));
        Assert.Equal(0, await CountPreparedAsync(database, prepares: false));
    }

    /// <summary>For fewer rows than it guesses an array to hold the server would choose a plan for just these, each time.</summary>
    [SkippableFact]
    public async Task A_batch_of_few_rows_is_not_planned_each_time()
    {
        await using var faults = await PostgresFaults.OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync());
        var epoch = await faults.AcquireAsync(PostgresFaults.A);
        await using var source = PostgresServers.Unpooled(PostgresServers.Parse(faults.ConnectionString), Long, Long, prepares: true);
        await using var connection = await source.OpenConnectionAsync();
        var commits = new PostgresCommits(new ShardLocks(faults.Identity.StoreId), Long);
        for (var version = 0; version < Loads; version++)
        {
            var outcomes = await commits.CommitAsync(connection, PostgresFaults.A, [PostgresFaults.Row("k", epoch, version, version + 1)]);
            Assert.Equal(RowOutcome.Applied, Assert.Single(outcomes));
        }

        await using var plans = new NpgsqlCommand(
            "select array[sum(generic_plans), sum(custom_plans)]::bigint[] from pg_prepared_statements where statement like '%into kv %'", connection);
        var made = (long[])(await plans.ExecuteScalarAsync())!;
        Assert.InRange(made[0], Loads / 2, Loads);
        Assert.Equal(0, made[1]);
    }

    [SkippableFact]
    public async Task A_pooler_is_noticed()
    {
        var database = await (await PostgresServer.Shared).CreateDatabaseAsync();
        Assert.True(await IsDirectAsync(database));
        Assert.False(await IsDirectAsync((await PgBouncer.GetSharedAsync()).Through(database)));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_load_is_prepared_where_that_is_wanted(bool prepares)
    {
        await using var pool = await PoolOfOneAsync();
        await LoadAsync(pool, prepares);
        var prepared = await AskAsync(pool, "select count(*) from pg_prepared_statements where statement like '%from kv%' or statement like '%join kv%'");
        Assert.Equal(prepares ? 1 : 0, prepared);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_load_reads_the_whole_table_though_a_small_one_were_read_faster_so(bool prepares)
    {
        await using var pool = await PoolOfOneAsync();
        await AskAsync(pool, """
            insert into kv (shard, key, version, previous, value, updated_at)
            select 1, 'k' || n, 1, 0, '{}', now() from generate_series(1, 5) as n returning 1::bigint
            """);
        await AskAsync(pool, "vacuum analyze kv");
        var before = await ScansAsync(pool);
        await LoadAsync(pool, prepares);
        var after = await ScansAsync(pool);
        Assert.Equal(before.OfTable, after.OfTable);
        Assert.Equal(before.OfIndex + Loads, after.OfIndex);
    }

    /// <summary>A store whose reads all meet the same session of the server.</summary>
    private static async Task<PostgresReadPool> PoolOfOneAsync()
    {
        var database = await (await PostgresServer.Shared).CreateDatabaseAsync();
        var options = new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = database };
        await using (var store = new PostgresKeyStore(options, 4, TimeProvider.System, NullLogger<PostgresKeyStore>.Instance))
        {
            await store.OpenAsync(CancellationToken.None);
        }

        var pool = PostgresServers.ReadPool(PostgresServers.Parse($"{database};Maximum Pool Size=1"), Long, TimeProvider.System);
        // Which made indexes, and tells of what it read for that when it ends.
        await Eventually.HoldsAsync("the store's own connections have ended", Long, async _ => await AskAsync(
            pool, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()") == 0);
        return pool;
    }

    private static async Task LoadAsync(PostgresReadPool pool, bool prepares)
    {
        var reads = new PostgresReads(pool, Long, prepares);
        for (var round = 0; round < Loads; round++)
        {
            await reads.LoadAsync(1, Key.Parse("k3"));
        }
    }

    private static async Task<(long OfTable, long OfIndex)> ScansAsync(PostgresReadPool pool)
    {
        await AskAsync(pool, "select 1::bigint from (select pg_stat_force_next_flush()) as flushed");
        return (
            await AskAsync(pool, "select seq_scan from pg_stat_user_tables where relname = 'kv'"),
            await AskAsync(pool, "select sum(idx_scan)::bigint from pg_stat_user_indexes where relname = 'kv'"));
    }

    private static async Task<long> AskAsync(PostgresReadPool pool, string sql)
    {
        await using var loan = await pool.LendAsync();
        await using var command = new NpgsqlCommand(sql, loan.Connection);
        return await command.ExecuteScalarAsync() as long? ?? 0;
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
