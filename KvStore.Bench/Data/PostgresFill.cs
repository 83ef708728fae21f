using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace KvStore.Bench.Data;

/// <inheritdoc cref="SqliteFill"/>
internal static class PostgresFill
{
    public static async Task RunAsync(string connectionString, long keys, int valueBytes, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync(cancel);
        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy kv (shard, key, version, previous, value, updated_at, deleted_at) from stdin (format binary)", cancel))
        {
            var (value, now) = (Encoding.UTF8.GetBytes(BenchValues.Of(valueBytes)), DateTime.UtcNow);
            foreach (var (shard, key) in RowOrder.Of(keys))
            {
                await copy.StartRowAsync(cancel);
                await copy.WriteAsync(shard, NpgsqlDbType.Integer, cancel);
                await copy.WriteAsync(key, NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(1L, NpgsqlDbType.Bigint, cancel);
                await copy.WriteAsync(0L, NpgsqlDbType.Bigint, cancel);
                await copy.WriteAsync(value, NpgsqlDbType.Bytea, cancel);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, cancel);
                await copy.WriteNullAsync(cancel);
            }

            await copy.CompleteAsync(cancel);
        }

        // Or the first reads would write what a vacuum writes, and a checkpoint would fall into the first round.
        foreach (var sql in (string[])["vacuum analyze kv", "checkpoint"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
