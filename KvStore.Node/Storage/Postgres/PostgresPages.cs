using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// One statement for the pages of several shards: each a range of the primary key, so that its cost does not depend on how
/// much is stored. With values the bound in bytes is applied by the server, which knows a value's size without reading it: a
/// reader that stops early would still have to take in everything that was asked for. Keys are short, and there it would
/// cost the server five times what it takes to find them, so the bound is applied here.
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
        var rows = $"""
            from unnest($1, $2) with ordinality as a (shard, lower, turn)
            cross join lateral (
                select {(_request.Values ? "row_number() over (order by k.key) as place, octet_length(k.key) + octet_length(k.value) as size, k.value," : "")}
                       k.key, k.version
                from kv k
                where k.shard = a.shard and k.key >= a.lower {(below is null ? "" : _request.Values ? "and k.key < $5" : "and k.key < $4")}
                      and k.value is not null
                order by k.key limit $3 + 1) as page
            """;
        var command = new NpgsqlBatchCommand(!_request.Values ? $"select a.turn, page.key, page.version {rows}" : $"""
            select turn, key, version, value, total from (
                select a.turn, page.*,
                       coalesce(sum(size) filter (where place <= $3)
                           over (order by turn, place rows between unbounded preceding and 1 preceding), 0) as before,
                       count(*) over (partition by turn) as total
                {rows}) as sized
            where before < $4 and place <= $3
            order by turn, place
            """);
        command.Parameters.Add(PostgresBatch.Integers([.. asked.Select(index => _cursors[index].Shard)]));
        command.Parameters.Add(PostgresBatch.Texts([.. asked.Select(index => _ranges[index]!.Value.From)]));
        command.Parameters.Add(PostgresBatch.Integer(_request.KeysPerShard));
        if (_request.Values)
        {
            command.Parameters.Add(PostgresBatch.Bigint(_maxBytes));
        }

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
        var found = new Found[_cursors.Length];
        var asked = Enumerable.Range(0, _cursors.Length).Where(index => _ranges[index] is not null).ToArray();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            ref var shard = ref found[asked[(int)reader.GetInt64(0) - 1]];
            shard.Keys ??= [];
            shard.Keys.Add(new ListedKey(
                reader.GetString(1), new KeyVersion(reader.GetInt64(2)), _request.Values ? new JsonText(reader.GetFieldValue<byte[]>(3)) : null));
            shard.Total = _request.Values ? reader.GetInt64(4) : shard.Keys.Count;
        }

        foreach (var (keys, _) in found)
        {
            Order(keys);
        }

        return Append(found, pages);
    }

    /// <summary>
    /// They are in order already, as the server goes through the index. To ask for that would have it sort them; not to ask means
    /// that it owes nobody an order.
    /// </summary>
    private static void Order(List<ListedKey>? keys)
    {
        for (var i = 1; i < keys?.Count; i++)
        {
            if (Key.CompareUtf8(keys[i - 1].Key, keys[i].Key) > 0)
            {
                keys.Sort((left, right) => Key.CompareUtf8(left.Key, right.Key));
                return;
            }
        }
    }

    /// <summary>As many rows as fit, and the first that does not. Once the bound is reached, the shards behind do not get their turn.</summary>
    private long Append(Found[] found, ImmutableArray<ShardPage>.Builder pages)
    {
        var bytes = 0L;
        for (var index = 0; index < found.Length && bytes < _maxBytes; index++)
        {
            var (keys, total) = found[index];
            var fitting = 0;
            for (; fitting < Math.Min(keys?.Count ?? 0, _request.KeysPerShard) && bytes < _maxBytes; fitting++)
            {
                bytes += System.Text.Encoding.UTF8.GetByteCount(keys![fitting].Key) + (keys[fitting].Value?.Length ?? 0);
            }

            pages.Add(new ShardPage(_cursors[index].Shard, keys is null ? [] : [.. keys.Take(fitting)], IsLast: fitting == total));
        }

        return bytes;
    }

    /// <summary>Rows of one shard, and how many there were to choose from.</summary>
    private record struct Found(List<ListedKey>? Keys, long Total);
}
