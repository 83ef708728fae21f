using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// Advisory locks of the transaction, in the form of two integers: a class that comes from the store's id, so that two
/// stores of one server keep apart, and the shard.
/// </summary>
internal sealed class ShardLocks(Guid storeId)
{
    private readonly int _class = ClassOf(storeId);

    public static int ClassOf(Guid storeId) => BitConverter.ToInt32(storeId.ToByteArray(), 0);

    /// <summary>
    /// Shared locks, in the order of the array: two batches that took theirs in different orders would wait for each other as
    /// soon as a takeover queues between them.
    /// </summary>
    public PostgresBatch AddShared(PostgresBatch batch, int[] ascending) => batch.Add(
        "select count(pg_advisory_xact_lock_shared($1, shard)::text) from unnest($2) as shard",
        PostgresBatch.Integer(_class),
        PostgresBatch.Integers(ascending));

    public PostgresBatch AddExclusive(PostgresBatch batch, int shard) => batch.Add(
        "select pg_advisory_xact_lock($1, $2)::text", PostgresBatch.Integer(_class), PostgresBatch.Integer(shard));

    /// <summary>
    /// Ends the backends that hold a shard's lock. A process that was stopped in the middle of sending a batch leaves its
    /// backend waiting for the rest, with the locks that it has got so far, and no time-out of the server ends that.
    /// </summary>
    /// <returns>How many were told to end.</returns>
    public async Task<int> BreakAsync(NpgsqlConnection connection, int shard)
    {
        await using var command = new NpgsqlCommand(
            """
            select count(*) filter (where pg_terminate_backend(pid))::int from pg_locks
            where locktype = 'advisory' and objsubid = 2 and granted and pid <> pg_backend_pid()
              and database = (select oid from pg_database where datname = current_database())
              and classid = ($1::bigint & 4294967295)::oid and objid = $2::bigint::oid
            """,
            connection);
        command.Parameters.Add(PostgresBatch.Bigint(_class));
        command.Parameters.Add(PostgresBatch.Bigint(shard));
        return (int)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }
}
