using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// One statement for the pages of several shards: each a range of the primary key, so that its cost does not depend on how
/// much is stored. The bound in bytes is applied by the server, which knows a value's size without reading it: a reader that
/// stops early would still have to take in everything that was asked for.
/// </summary>
internal sealed class PostgresPages
{
    private readonly ListPages _request;
    private readonly ShardCursor[] _cursors;
    private readonly KeyRange?[] _ranges;
    private readonly long _maxBytes;

    private PostgresPages(ListPages request, ShardCursor[] cursors, long maxBytes)
    {
        _request = request;
        _cursors = cursors;
        _maxBytes = maxBytes;
        _ranges = [.. cursors.Select(cursor => KeyRange.TryMake(request.Prefix, cursor.After, out var range) ? range : (KeyRange?)null)];
    }

    public static PostgresPages Of(ListPages request, ShardCursor[] cursors, long maxBytes) => new(request, cursors, maxBytes);

    /// <remarks>
    /// <c>page</c> takes one row more than is wanted of each shard, to know whether there is one. <c>before</c> is what the
    /// answer has grown to without the row, <c>total</c> how many rows of its shard there were to choose from.
    /// </remarks>
    public NpgsqlBatchCommand ToCommand()
    {
        var asked = Enumerable.Range(0, _cursors.Length).Where(index => _ranges[index] is not null).ToArray();
        // The end of the range depends on the prefix alone, so it is the same for all.
        var below = asked.Length == 0 ? null : _ranges[asked[0]]!.Value.Below;
        var command = new NpgsqlBatchCommand($"""
            select turn, place, key, version, {(_request.Values ? "value" : "null::bytea")}, total from (
                select a.turn, page.*,
                       coalesce(sum(size) filter (where place <= $3)
                           over (order by turn, place rows between unbounded preceding and 1 preceding), 0) as before,
                       count(*) over (partition by turn) as total
                from unnest($1, $2) with ordinality as a (shard, lower, turn)
                cross join lateral (
                    select row_number() over (order by k.key) as place, k.key, k.version, k.value,
                           octet_length(k.key) + {(_request.Values ? "octet_length(k.value)" : "0")} as size
                    from kv k
                    where k.shard = a.shard and k.key >= a.lower {(below is null ? "" : "and k.key < $5")} and k.value is not null
                    order by k.key limit $3 + 1) as page) as sized
            where before < $4 and place <= $3
            order by turn, place
            """);
        command.Parameters.Add(PostgresBatch.Integers([.. asked.Select(index => _cursors[index].Shard)]));
        command.Parameters.Add(PostgresBatch.Texts([.. asked.Select(index => _ranges[index]!.Value.From)]));
        command.Parameters.Add(PostgresBatch.Integer(_request.KeysPerShard));
        command.Parameters.Add(PostgresBatch.Bigint(_maxBytes));
        if (below is not null)
        {
            command.Parameters.Add(PostgresBatch.Text(below));
        }

        return command;
    }

    /// <summary>Appends a page for each shard that had its turn.</summary>
    /// <returns>The bytes of keys and values that were read.</returns>
    public async Task<long> ReadAsync(NpgsqlDataReader reader, ImmutableArray<ShardPage>.Builder pages)
    {
        var bytes = 0L;
        var found = new (ImmutableArray<ListedKey>.Builder Keys, long Total)[_cursors.Length];
        var asked = Enumerable.Range(0, _cursors.Length).Where(index => _ranges[index] is not null).ToArray();
        var last = -1;
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            last = asked[(int)reader.GetInt64(0) - 1];
            var key = reader.GetString(2);
            JsonText? value = reader.IsDBNull(4) ? null : new JsonText(reader.GetFieldValue<byte[]>(4));
            bytes += System.Text.Encoding.UTF8.GetByteCount(key) + (value?.Length ?? 0);
            var keys = found[last].Keys ?? ImmutableArray.CreateBuilder<ListedKey>();
            keys.Add(new ListedKey(key, new KeyVersion(reader.GetInt64(3)), value));
            found[last] = (keys, reader.GetInt64(5));
        }

        // Once the bound was reached, the shards behind the last row did not get their turn: they may have keys.
        var served = bytes >= _maxBytes ? last + 1 : _cursors.Length;
        for (var index = 0; index < served; index++)
        {
            var (keys, total) = found[index];
            pages.Add(keys is null
                ? new ShardPage(_cursors[index].Shard, [], IsLast: true)
                : new ShardPage(_cursors[index].Shard, keys.ToImmutable(), IsLast: keys.Count == total));
        }

        return bytes;
    }
}
