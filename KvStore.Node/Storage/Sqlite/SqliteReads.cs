using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>A reader's connection. In a write-ahead log readers and writers do not wait for each other.</summary>
internal sealed class SqliteReads : IDisposable
{
    public const string NodesSql = "select node_id, name, akka_address, http_address, counter, ttl_ms from node order by node_id";

    public const string LookSql = """
        select l.shard, l.epoch, l.holder, n.node_id, n.name, n.akka_address, n.http_address, n.counter, n.ttl_ms
        from shard_lease l left join node n on n.node_id = l.holder where l.shard = ?1
        """;

    /// <summary>
    /// Of each reader's own cache; SQLite's own default is 2 MiB, which a listing fills with pages that nobody reads again.
    /// The system's cache stands behind it.
    /// </summary>
    private const int CacheKiB = 256;

    private readonly SqliteFile _file;
    private readonly SqliteStatement _load;
    private readonly SqliteStatement _look;
    private readonly SqliteStatement _nodes;
    private readonly SqliteStatement _page;
    private readonly SqliteStatement _rows;
    private readonly SqliteStatement _tombstones;
    private readonly SqliteStatement _oldTombstones;
    private Func<bool> _shouldStop = () => false;

    public SqliteReads(SqliteFile file)
    {
        _file = file;
        file.Execute("pragma query_only = on");
        file.Execute($"pragma cache_size = -{CacheKiB}");
        file.StopWhen(() => _shouldStop());
        _load = file.Prepare("select version, value from kv where shard = ?1 and key = ?2");
        _look = file.Prepare(LookSql);
        _nodes = file.Prepare(NodesSql);
        _page = file.Prepare(
            "select key, version, value from kv where shard = ?1 and key >= ?2 and key < ?3 and value is not null order by key");
        _rows = file.Prepare("select shard, count(*) from kv group by shard");
        _tombstones = file.Prepare("select shard, count(*) from kv where value is null group by shard");
        _oldTombstones = file.Prepare(
            "select key, version from kv where shard = ?1 and value is null and updated_at <= ?2 order by updated_at limit ?3");
    }

    /// <summary>Runs a read that ends with an error once <paramref name="shouldStop"/> says so.</summary>
    public T Until<T>(Func<bool> shouldStop, Func<SqliteReads, T> read)
    {
        _shouldStop = shouldStop;
        return read(this);
    }

    public StoredRow? Load(int shard, Key key)
    {
        using var rows = _load.Bind(1, shard).Bind(2, key.Text).Rows();
        return rows.Next() ? new StoredRow(new KeyVersion(rows.Number(0)), rows.IsNull(1) ? null : new JsonText(rows.Blob(1))) : null;
    }

    public ShardHolder Look(int shard) => Look(_look, shard);

    public ImmutableArray<NodeRow> Nodes() => ReadNodes(_nodes);

    public ImmutableArray<ShardPage> Pages(ListPages request)
    {
        var pages = ImmutableArray.CreateBuilder<ShardPage>(request.Shards.Length);
        var left = (long)request.MaxBytes;
        foreach (var cursor in request.Shards)
        {
            pages.Add(Page(cursor, request, ref left));
            if (left <= 0)
            {
                break;
            }
        }

        return pages.DrainToImmutable();
    }

    /// <summary>
    /// All rows less the tombstones: the first are counted in the index of the primary key and the second in their own, and
    /// neither reads a value. Both in one snapshot.
    /// </summary>
    public ImmutableArray<long> Counts(int shards)
    {
        var counts = new long[shards];
        _file.Execute("begin");
        try
        {
            Add(_rows, 1);
            Add(_tombstones, -1);
        }
        finally
        {
            _file.Execute("rollback");
        }

        return [.. counts];

        void Add(SqliteStatement statement, int sign)
        {
            using var rows = statement.Rows();
            while (rows.Next())
            {
                counts[rows.Number(0)] += sign * rows.Number(1);
            }
        }
    }

    public ImmutableArray<Tombstone> Tombstones(int shard, DateTimeOffset notAfter, int limit)
    {
        var found = ImmutableArray.CreateBuilder<Tombstone>();
        using var rows = _oldTombstones.Bind(1, shard).Bind(2, notAfter.ToUnixTimeMilliseconds()).Bind(3, limit).Rows();
        while (rows.Next())
        {
            found.Add(new Tombstone(Key.Parse(rows.Text(0)), new KeyVersion(rows.Number(1))));
        }

        return found.DrainToImmutable();
    }

    public void Dispose() => _file.Dispose();

    internal static LeaseRow Lease(in SqliteRows rows) => new((int)rows.Number(0), rows.Number(1), rows.IsNull(2) ? null : rows.Text(2));

    internal static ShardHolder Look(SqliteStatement look, int shard)
    {
        using var rows = look.Bind(1, shard).Rows();
        return rows.Next()
            ? new ShardHolder(Lease(rows), rows.IsNull(3) ? null : Node(rows, 3))
            : throw new InvalidOperationException($"The store has no shard {shard}.");
    }

    internal static ImmutableArray<NodeRow> ReadNodes(SqliteStatement nodes)
    {
        var found = ImmutableArray.CreateBuilder<NodeRow>();
        using var rows = nodes.Rows();
        while (rows.Next())
        {
            found.Add(Node(rows, 0));
        }

        return found.DrainToImmutable();
    }

    private static NodeRow Node(in SqliteRows rows, int first) => new(
        rows.Text(first), rows.Text(first + 1), rows.Text(first + 2), rows.Text(first + 3), rows.Number(first + 4),
        TimeSpan.FromMilliseconds(rows.Number(first + 5)));

    private ShardPage Page(ShardCursor cursor, ListPages request, ref long left)
    {
        var keys = ImmutableArray.CreateBuilder<ListedKey>();
        if (!KeyRange.TryMake(request.Prefix, cursor.After, out var range))
        {
            return new ShardPage(cursor.Shard, [], IsLast: true);
        }

        _page.Bind(1, cursor.Shard).Bind(2, range.From);
        // Where there is no upper end: every text sorts before every blob.
        using var rows = (range.Below is null ? _page.BindBlob(3, []) : _page.Bind(3, range.Below)).Rows();
        while (rows.Next())
        {
            if (keys.Count == request.KeysPerShard || left <= 0)
            {
                return new ShardPage(cursor.Shard, keys.DrainToImmutable(), IsLast: false);
            }

            var key = rows.Text(0);
            JsonText? value = request.Values ? new JsonText(rows.Blob(2)) : null;
            keys.Add(new ListedKey(key, new KeyVersion(rows.Number(1)), value));
            left -= System.Text.Encoding.UTF8.GetByteCount(key) + (value?.Length ?? 0);
        }

        return new ShardPage(cursor.Shard, keys.DrainToImmutable(), IsLast: true);
    }
}
