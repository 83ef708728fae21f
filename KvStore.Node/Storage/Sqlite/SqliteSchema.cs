using System.Globalization;
using KvStore.Messages.Routing;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// Creates the tables or checks what they were created with.
/// <para>
/// <c>kv</c> keeps its rowid: without it values of 1 KiB lie in the tree of the primary key itself, which was measured to
/// write at a fifth of the speed and to take three times the space; with it a key-only scan still does 250,000 rows/s.
/// </para>
/// </summary>
internal static class SqliteSchema
{
    private const string Tables = """
        create table kv (
            shard integer not null, key text not null, version integer not null,
            value blob, updated_at integer not null,
            primary key (shard, key)) strict;
        create index kv_tombstone on kv (shard, updated_at) where value is null;
        create table shard_lease (shard integer primary key, epoch integer not null, holder text) strict;
        create table node (
            node_id text primary key, name text not null, akka_address text not null, http_address text not null,
            counter integer not null, ttl_ms integer not null) strict;
        create table meta (
            one integer primary key check (one = 1), store_id text not null, schema_version integer not null,
            shards integer not null, hash_name text not null) strict;
        """;

    public static StoreIdentity Open(SqliteFile file, WriteTurn turn, int shards, TimeSpan wait)
    {
        // Several nodes may start on an empty file: the change of the journal's mode and the tables are made by one of them.
        // The turn is taken without a transaction, because the mode cannot be changed inside of one.
        using (turn.Enter(urgent: true, wait, () => TryUseLog(file)))
        {
        }

        if (file.Single("pragma synchronous") != "2")
        {
            throw StoreRefusals.ConnectionString("SQLite does not accept synchronous=FULL, so writes would be lost in a power failure.");
        }

        var identity = file.Write(turn, urgent: true, wait, () => ReadOrCreate(file, shards));
        StoreRefusals.Check(identity, shards);
        return identity;
    }

    private static bool TryUseLog(SqliteFile file)
    {
        try
        {
            var mode = file.Single("pragma journal_mode = wal");
            return mode == "wal" ? true : throw StoreRefusals.ConnectionString(
                $"SQLite cannot keep a write-ahead log for this file (its journal mode stays '{mode}'); the file system must be a local one.");
        }
        catch (SqliteFailure failure) when (failure.IsBusy)
        {
            return false;
        }
    }

    private static StoreIdentity ReadOrCreate(SqliteFile file, int shards)
    {
        var tables = file.Single("select count(*) from sqlite_schema where type = 'table'");
        var isStore = file.Single("select count(*) from sqlite_schema where type = 'table' and name = 'meta'") == "1"
            && file.Single("select count(*) from pragma_table_info('meta') where name in ('store_id', 'schema_version', 'shards', 'hash_name')") == "4";
        if (!isStore)
        {
            if (tables != "0")
            {
                throw StoreRefusals.ConnectionString("the file is an SQLite database, but not one of this program's.");
            }

            Create(file, shards);
        }

        using var statement = file.Prepare("select store_id, schema_version, shards, hash_name from meta");
        using var rows = statement.Rows();
        return rows.Next()
            ? new StoreIdentity(Guid.Parse(rows.Text(0)), (int)rows.Number(1), (int)rows.Number(2), rows.Text(3))
            : throw StoreRefusals.ConnectionString("the store's table 'meta' is empty.");
    }

    private static void Create(SqliteFile file, int shards)
    {
        file.Execute(Tables);
        file.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"insert into meta values (1, '{Guid.NewGuid()}', {StoreIdentity.CurrentSchemaVersion}, {shards}, '{ShardMap.HashName}')"));
        using var lease = file.Prepare("insert into shard_lease values (?1, 0, null)");
        for (var shard = 0; shard < shards; shard++)
        {
            lease.Bind(1, shard).Execute();
        }
    }
}
