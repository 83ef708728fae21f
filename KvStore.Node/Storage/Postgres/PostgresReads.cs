using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// Reads, each of one round trip on a pooled connection; the first load on each takes one more, to be prepared. Each asks as well
/// whether the server is a standby: behind a pooler the server can be another at every statement, and a standby's answer may lack
/// what was acknowledged.
/// </summary>
/// <param name="prepares">Whether what is sent again and again is prepared; only where <see cref="PostgresServers.IsDirectAsync"/>.</param>
internal sealed class PostgresReads(PostgresReadPool pool, TimeSpan timeout, bool prepares)
{
    /// <summary>
    /// Rows that one statement of a listing may look at, so that a page with a small bound in bytes does not
    /// look at all of its shards first.
    /// </summary>
    private const int RowsAStatement = 2_000;

    /// <summary>The same where only keys are wanted. The server does not bound their bytes, so there are fewer where they are long.</summary>
    private const int KeysAStatement = 8_000;

    private static readonly TimeSpan CountTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What every key that comes alive asks for, and so prepared where it may be: to parse and to plan it takes the server longer than to
    /// look up the row. A plan is kept while the table grows, so it must not be one that reads all of it.
    /// </summary>
    public async Task<StoredRow?> LoadAsync(int shard, Key key)
    {
        await using var loan = await pool.LendAsync().ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(loan.Connection) { Timeout = Seconds(timeout) };
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('enable_seqscan', 'off', true)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select pg_is_in_recovery(), k.version, k.value
            from (select) as always left join kv k on k.shard = $1 and k.key = $2
            """)
        {
            Parameters = { PostgresBatch.Integer(shard), PostgresBatch.Text(key.Text) },
        });
        if (prepares)
        {
            await batch.PrepareAsync().ConfigureAwait(false);
        }

        await using var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        RefuseStandby(reader.GetBoolean(0));
        return reader.IsDBNull(1)
            ? null
            : new StoredRow(new KeyVersion(reader.GetInt64(1)), reader.IsDBNull(2) ? null : new JsonText(reader.GetFieldValue<byte[]>(2)));
    }

    public async Task<ImmutableArray<NodeRow>> NodesAsync(CancellationToken cancellation)
    {
        await using var loan = await pool.LendAsync(cancellation).ConfigureAwait(false);
        await using var command = Command(loan, PostgresRows.NodesSql, timeout);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await PostgresRows.AllAsync(reader, PostgresRows.Node).ConfigureAwait(false);
    }

    public async Task<ShardHolder> LookAsync(int shard)
    {
        await using var loan = await pool.LendAsync().ConfigureAwait(false);
        return await PostgresRows.LookAsync(loan.Connection, shard).ConfigureAwait(false);
    }

    public async Task<ImmutableArray<ShardPage>> PagesAsync(ListPages request)
    {
        var pages = ImmutableArray.CreateBuilder<ShardPage>(request.Shards.Length);
        await using var loan = await pool.LendAsync().ConfigureAwait(false);
        var left = (long)request.MaxBytes;
        foreach (var cursors in request.Shards.Chunk(Math.Max(1, MostRowsAStatement(request) / (request.KeysPerShard + 1))))
        {
            var query = PostgresPages.Of(request, cursors, left);
            await using var batch = new NpgsqlBatch(loan.Connection) { Timeout = Seconds(timeout) };
            batch.BatchCommands.Add(new NpgsqlBatchCommand("select pg_is_in_recovery()"));
            batch.BatchCommands.Add(query.ToCommand());
            await using var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
            await reader.ReadAsync().ConfigureAwait(false);
            RefuseStandby(reader.GetBoolean(0));
            await reader.NextResultAsync().ConfigureAwait(false);
            left -= await query.ReadAsync(reader, pages).ConfigureAwait(false);
            if (left <= 0)
            {
                break;
            }
        }

        return pages.DrainToImmutable();
    }

    /// <summary>Where keys are as long as those that the pages begin behind, one statement gives about as much as is wanted.</summary>
    private static int MostRowsAStatement(ListPages request)
    {
        if (request.Values)
        {
            return RowsAStatement;
        }

        var length = Math.Max(1, request.Shards.Select(cursor => cursor.After.Length).DefaultIfEmpty().Average());
        return (int)Math.Min(KeysAStatement, request.MaxBytes / length);
    }

    /// <summary>All rows less the tombstones: each is counted in an index where that is cheaper, and no value is read.</summary>
    public async Task<ImmutableArray<long>> CountsAsync(int shards, CancellationToken cancellation)
    {
        var counts = new long[shards];
        await using var loan = await pool.LendAsync(cancellation).ConfigureAwait(false);
        await using var command = Command(
            loan,
            """
            select shard, sum(n)::bigint from (
                select shard, count(*) as n from kv group by shard
                union all
                select shard, -count(*) from kv where deleted_at is not null group by shard) as parts
            group by shard
            """,
            CountTimeout);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            counts[reader.GetInt32(0)] = reader.GetInt64(1);
        }

        return [.. counts];
    }

    public async Task<ImmutableArray<Tombstone>> TombstonesAsync(int shard, TimeSpan age, int limit)
    {
        await using var loan = await pool.LendAsync().ConfigureAwait(false);
        await using var command = Command(
            loan,
            """
            select key, version from kv
            where shard = $1 and deleted_at is not null and deleted_at <= now() - $2 * interval '1 millisecond'
            order by deleted_at limit $3
            """,
            timeout,
            PostgresBatch.Integer(shard),
            PostgresBatch.Bigint((long)age.TotalMilliseconds),
            PostgresBatch.Integer(limit));
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        return await PostgresRows.AllAsync(reader, row => new Tombstone(Key.Parse(row.GetString(0)), new KeyVersion(row.GetInt64(1))))
            .ConfigureAwait(false);
    }

    private static int Seconds(TimeSpan bound) => Math.Max(1, (int)Math.Ceiling(bound.TotalSeconds));

    private static void RefuseStandby(bool isStandby)
    {
        if (isStandby)
        {
            throw new StoreUnavailableException("The PostgreSQL server that answered is a standby.");
        }
    }

    private static NpgsqlCommand Command(
        PostgresReadPool.Loan loan, string sql, TimeSpan bound, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, loan.Connection) { CommandTimeout = Seconds(bound) };
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
