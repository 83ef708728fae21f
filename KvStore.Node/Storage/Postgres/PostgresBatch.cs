using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// A whole transaction that travels in one message: statements are processed one after the other, each with a snapshot of
/// its own, and the first error skips all that follow, <c>commit</c> included.
/// <para>Nothing is taken over from the role, the database or a pooler: what a transaction relies on, it sets itself.</para>
/// </summary>
internal sealed class PostgresBatch : IAsyncDisposable
{
    private readonly NpgsqlBatch _batch;
    private NpgsqlBatchCommand? _commit;

    public PostgresBatch(NpgsqlConnection connection, TimeSpan lockTimeout)
    {
        // A time-out of Npgsql's would send a cancellation: see PostgresSession.
        _batch = new NpgsqlBatch(connection) { Timeout = 0 };
        Add("begin isolation level read committed");
        // A warning at the commit is the only sign that a standby may lack it, so the role must not have silenced it. A plan is
        // kept while the table grows: one that reads all of it, which is best while it is small, must not be made. Where it is the
        // only one it looks so costly then that the server would compile it. Left to choose, the server plans each batch of less
        // than ten rows anew, as it takes that many for what an array holds.
        Add(
            """
            select set_config('synchronous_commit', 'on', true), set_config('client_min_messages', 'warning', true),
                   set_config('lock_timeout', $1, true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
                   set_config('plan_cache_mode', 'force_generic_plan', true)
            """,
            Text(((long)lockTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));
    }

    public static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Integer(int value) => new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Bigint(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Texts(string[] values) => Array(values, NpgsqlDbType.Text);

    public static NpgsqlParameter Integers(int[] values) => Array(values, NpgsqlDbType.Integer);

    public static NpgsqlParameter Bigints(long[] values) => Array(values, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Blobs(byte[]?[] values) => Array(values, NpgsqlDbType.Bytea);

    public PostgresBatch Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        _batch.BatchCommands.Add(command);
        return this;
    }

    /// <summary>
    /// Appends the commit, sends it all, and gives the results: first those of the two settings, which are skipped here, then
    /// one result a statement that returns rows.
    /// </summary>
    public async Task<T> CommitAsync<T>(Func<NpgsqlDataReader, Task<T>> read)
    {
        _commit = new NpgsqlBatchCommand("commit");
        _batch.BatchCommands.Add(_commit);
        await using var reader = await _batch.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        var result = await read(reader).ConfigureAwait(false);
        while (await reader.NextResultAsync().ConfigureAwait(false))
        {
            // To the end: an error of the commit comes only there.
        }

        return result;
    }

    /// <summary>Whether it is the commit that failed, so that nobody knows what became of it.</summary>
    public bool FailedInCommit(PostgresException failure) => ReferenceEquals(failure.BatchCommand, _commit);

    public ValueTask DisposeAsync() => _batch.DisposeAsync();

    private static NpgsqlParameter Array<T>(T[] values, NpgsqlDbType element) =>
        new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element };
}
