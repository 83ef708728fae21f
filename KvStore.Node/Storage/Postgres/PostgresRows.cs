using System.Collections.Immutable;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>Leases and nodes as they come out of a reader.</summary>
internal static class PostgresRows
{
    public const string NodesSql = "select node_id, name, akka_address, http_address, counter, ttl_ms from node order by node_id";

    public const string LookSql = """
        select l.shard, l.epoch, l.holder, n.node_id, n.name, n.akka_address, n.http_address, n.counter, n.ttl_ms
        from shard_lease l left join node n on n.node_id = l.holder where l.shard = $1
        """;

    public static LeaseRow Lease(NpgsqlDataReader reader) =>
        new(reader.GetInt32(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2));

    public static async Task<ImmutableArray<T>> AllAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> row)
    {
        var rows = ImmutableArray.CreateBuilder<T>();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            rows.Add(row(reader));
        }

        return rows.DrainToImmutable();
    }

    public static NodeRow Node(NpgsqlDataReader reader) => Node(reader, 0);

    public static async Task<ShardHolder> HolderAsync(NpgsqlDataReader reader, int shard) =>
        await reader.ReadAsync().ConfigureAwait(false)
            ? new ShardHolder(Lease(reader), reader.IsDBNull(3) ? null : Node(reader, 3))
            : throw new InvalidOperationException($"The store has no shard {shard}.");

    public static async Task<ShardHolder> LookAsync(NpgsqlConnection connection, int shard)
    {
        await using var command = new NpgsqlCommand(LookSql, connection);
        command.Parameters.Add(PostgresBatch.Integer(shard));
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        return await HolderAsync(reader, shard).ConfigureAwait(false);
    }

    private static NodeRow Node(NpgsqlDataReader reader, int first) => new(
        reader.GetString(first), reader.GetString(first + 1), reader.GetString(first + 2), reader.GetString(first + 3),
        reader.GetInt64(first + 4), TimeSpan.FromMilliseconds(reader.GetInt64(first + 5)));
}
