using System.Data;
using KvStore.Messages.Routing;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// Creates the tables or checks what they were created with.
/// <para>
/// <c>previous</c> is the version that a row's last write replaced: it carries each row's expected version into
/// <c>on conflict … where</c>, which sees the proposed row and nothing else of the statement. <c>deleted_at</c> is set where
/// the value is null: an index on <c>updated_at</c> would make each update write to all indexes (no heap-only tuples).
/// </para>
/// </summary>
internal static class PostgresSchema
{
    /// <summary>Held while the tables are made. Any number will do; no other lock of one number is taken.</summary>
    private const long CreationLock = 0x6B7673746F7265;

    private static readonly string Tables = $"""
        create table if not exists kv (
            shard int not null, key text collate "C" not null, version bigint not null, previous bigint not null,
            value bytea, updated_at timestamptz not null, deleted_at timestamptz,
            primary key (shard, key),
            check ((value is null) = (deleted_at is not null))) with (fillfactor = 85);
        create index if not exists kv_tombstone on kv (shard, deleted_at) where deleted_at is not null;
        create table if not exists shard_lease (shard int primary key, epoch bigint not null, holder text collate "C");
        create table if not exists node (
            node_id text collate "C" primary key, name text not null, akka_address text not null, http_address text not null,
            counter bigint not null, ttl_ms bigint not null);
        create table if not exists meta (
            one int primary key check (one = 1), store_id uuid not null, schema_version int not null,
            shards int not null, hash_name text not null);
        """;

    public static async Task<StoreIdentity> OpenAsync(NpgsqlConnection connection, int shards, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"set local synchronous_commit = on; select pg_advisory_xact_lock({CreationLock})", cancellation)
            .ConfigureAwait(false);
        // Only now, in a statement after the lock, is it known whether another has been faster.
        if (!await ExistsAsync(connection, cancellation).ConfigureAwait(false))
        {
            await ExecuteAsync(connection, Tables, cancellation).ConfigureAwait(false);
            await FillAsync(connection, shards, cancellation).ConfigureAwait(false);
        }

        var identity = await ReadAsync(connection, cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        StoreRefusals.Check(identity, shards);
        return identity;
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select to_regclass('meta') is not null", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    private static async Task FillAsync(NpgsqlConnection connection, int shards, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("insert into meta values (1, $1, $2, $3, $4)")
        {
            Parameters =
            {
                new() { Value = Guid.NewGuid() }, new() { Value = StoreIdentity.CurrentSchemaVersion },
                new() { Value = shards }, new() { Value = ShardMap.HashName },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("insert into shard_lease select shard, 0, null from generate_series(0, $1 - 1) as shard")
        {
            Parameters = { new() { Value = shards } },
        });
        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<StoreIdentity> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select store_id, schema_version, shards, hash_name from meta", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false)
            ? new StoreIdentity(reader.GetGuid(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetString(3))
            : throw StoreRefusals.ConnectionString("the database's table 'meta' is empty.");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }
}
