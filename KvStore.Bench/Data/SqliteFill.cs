using System.Text;
using Microsoft.Data.Sqlite;

namespace KvStore.Bench.Data;

/// <summary>Fills a node's table, which would take hours for some scenarios if it went through the node.</summary>
internal static class SqliteFill
{
    public static async Task RunAsync(string connectionString, long keys, int valueBytes, CancellationToken cancel)
    {
        await using var connection = new SqliteConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(cancel);
        await using (var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(cancel))
        {
            await using var insert = connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "insert into kv (shard, key, version, value, updated_at) values ($shard, $key, 1, $value, $now)";
            var (shard, key) = (insert.Parameters.Add("$shard", SqliteType.Integer), insert.Parameters.Add("$key", SqliteType.Text));
            insert.Parameters.AddWithValue("$value", Encoding.UTF8.GetBytes(BenchValues.Of(valueBytes)));
            insert.Parameters.AddWithValue("$now", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            foreach (var row in RowOrder.Of(keys))
            {
                (shard.Value, key.Value) = (row.Shard, row.Key);
                insert.ExecuteNonQuery();
                cancel.ThrowIfCancellationRequested();
            }

            await transaction.CommitAsync(cancel);
        }

        await using var end = connection.CreateCommand();
        end.CommandText = "pragma wal_checkpoint(truncate)";
        await end.ExecuteNonQueryAsync(cancel);
    }
}
