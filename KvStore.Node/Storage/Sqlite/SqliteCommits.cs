using System.Collections.Immutable;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>The writer's connection: batches and the collection of tombstones. Each method is one transaction.</summary>
internal sealed class SqliteCommits(SqliteFile file, WriteTurn turn, TimeSpan wait, TimeProvider time) : IDisposable
{
    /// <summary>By the rowid alone; the rest only says whether that is the row which is meant.</summary>
    internal const string UpdateSql =
        "update kv set version = ?3, value = ?4, updated_at = ?5 where rowid = ?7 and shard = ?1 and key = ?2 and version = ?6";

    private readonly RowPlaces _places = new();
    private readonly SqliteStatement _lease = file.Prepare("select epoch from shard_lease where shard = ?1 and holder = ?2");
    private readonly SqliteStatement _insert = file.Prepare(
        "insert into kv (shard, key, version, value, updated_at) values (?1, ?2, ?3, ?4, ?5) on conflict do nothing");

    private readonly SqliteStatement _find = file.Prepare("select rowid from kv where shard = ?1 and key = ?2");
    private readonly SqliteStatement _update = file.Prepare(UpdateSql);
    private readonly SqliteStatement _collect = file.Prepare(
        "delete from kv where shard = ?1 and key = ?2 and version = ?3 and value is null");

    public ImmutableArray<RowOutcome> Commit(string nodeId, IReadOnlyList<RowWrite> rows)
    {
        // By shard, so that each lease is looked up once, and by key, so that what is new next to each other is written together.
        var order = Enumerable.Range(0, rows.Count).ToArray();
        Array.Sort(order, (a, b) => rows[a].Shard != rows[b].Shard ? rows[a].Shard.CompareTo(rows[b].Shard) : rows[a].Key.CompareTo(rows[b].Key));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return file.Write(turn, urgent: false, wait, () =>
        {
            var outcomes = new RowOutcome[rows.Count];
            var (shard, epoch) = (-1, (long?)null);
            foreach (var index in order)
            {
                var row = rows[index];
                if (row.Shard != shard)
                {
                    (shard, epoch) = (row.Shard, HeldEpochOf(row.Shard, nodeId));
                }

                outcomes[index] = row.Epoch != epoch ? RowOutcome.Fenced : Write(row, now) ? RowOutcome.Applied : RowOutcome.Conflict;
            }

            return ImmutableArray.Create(outcomes);
        });
    }

    public int Collect(string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones) => file.Write(
        turn,
        urgent: false,
        wait,
        () => HeldEpochOf(shard, nodeId) != epoch ? 0 : tombstones.Sum(
            tombstone => _collect.Bind(1, shard).Bind(2, tombstone.Key.Text).Bind(3, tombstone.Version.Number).Execute()));

    /// <summary>
    /// Copies what the thread for that has left of the log, between two batches and not inside of COMMIT: a lease
    /// transaction would pay for everybody's pages otherwise.
    /// </summary>
    /// <param name="cut">Readers are waited for, and the log is cut to nothing.</param>
    /// <returns>Whether all of the log was copied, and cut where that was wanted.</returns>
    public bool Checkpoint(bool cut, TimeSpan readerWait) => cut ? file.CheckpointAndTruncate(readerWait) : file.Checkpoint();

    public void Dispose() => file.Dispose();

    private static SqliteStatement BindRow(SqliteStatement statement, in RowWrite row, long now)
    {
        statement.Bind(1, row.Shard).Bind(2, row.Key.Text).Bind(3, row.Version.Number).Bind(5, now);
        return row.Value is { } value ? statement.BindBlob(4, value.Utf8.Span) : statement.BindNull(4);
    }

    /// <summary>The epoch of a shard that this node holds. It cannot change before the end of the transaction.</summary>
    private long? HeldEpochOf(int shard, string nodeId)
    {
        using var rows = _lease.Bind(1, shard).Bind(2, nodeId).Rows();
        return rows.Next() ? rows.Number(0) : null;
    }

    private bool Write(in RowWrite row, long now) => row.Expected.Number == 0 ? Insert(row, now) : Update(row, now);

    private bool Insert(in RowWrite row, long now)
    {
        if (BindRow(_insert, row, now).Execute() == 0)
        {
            return false;
        }

        _places.Note(row.Key, file.LastInsertedRow);
        return true;
    }

    /// <summary>Where the row is not where it was seen last, or has another version, it is looked for by its key.</summary>
    private bool Update(in RowWrite row, long now)
    {
        if (_places.TryFind(row.Key, out var place) && UpdateAt(place, row, now))
        {
            return true;
        }

        return Find(row) is { } found && UpdateAt(found, row, now);
    }

    private bool UpdateAt(long place, in RowWrite row, long now) =>
        BindRow(_update, row, now).Bind(6, row.Expected.Number).Bind(7, place).Execute() == 1;

    private long? Find(in RowWrite row)
    {
        using var rows = _find.Bind(1, row.Shard).Bind(2, row.Key.Text).Rows();
        if (!rows.Next())
        {
            return null;
        }

        var place = rows.Number(0);
        _places.Note(row.Key, place);
        return place;
    }
}
