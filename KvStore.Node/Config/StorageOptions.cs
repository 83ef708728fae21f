using System.ComponentModel;

namespace KvStore.Node.Config;

/// <summary>Section <c>KvStore:Storage</c>.</summary>
public sealed class StorageOptions
{
    public const string Section = "KvStore:Storage";

    /// <summary>The engine: <c>Sqlite</c> (a file, no server) or <c>Postgres</c> (15 or newer).</summary>
    [Description("Sqlite (a file) or Postgres (a server, 15 or newer).")]
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;

    /// <summary>
    /// For SQLite <c>Data Source=FILE</c>, a relative file below the working directory; all nodes on one machine may share it,
    /// but it must not lie on a network file system. For PostgreSQL an Npgsql connection string. May hold a password: never logged.
    /// </summary>
    [Description("Data Source=FILE for Sqlite, an Npgsql connection string for Postgres.")]
    public string ConnectionString { get; set; } = "Data Source=data/kvstore.db";

    /// <summary>
    /// For how long a node may serve without having renewed. Longer: keys of a crashed node stay unavailable for longer.
    /// Shorter than a pause of the garbage collector or the database: leases run out while all is well. The default leaves a
    /// crashed node's keys unavailable for less than 5 s: 2.2 s until the lease is over, at most 0.7 s until others notice.
    /// </summary>
    [Description("How long a node may serve without having renewed; keys of a crashed node wait for it.")]
    public TimeSpan LeaseTtl { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>After this a commit's outcome counts as unknown and is settled. The commit itself is never cancelled.</summary>
    [Description("After this the outcome of a commit counts as unknown and is settled.")]
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait for a shard's lock, and for any other statement of a lease transaction.</summary>
    [Description("Longest wait for the lock of a shard.")]
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait for a load or a page of a listing.</summary>
    [Description("Longest wait for a load or a page of a listing.")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Rows that may wait for the group-commit writer; above it writes are answered 429.</summary>
    [Description("Rows that may wait for the writer before writes are answered 429.")]
    public int MaxQueuedRows { get; set; } = 20_000;

    /// <summary>Bytes of values that may wait for the group-commit writer; above it writes are answered 429.</summary>
    [Description("Bytes that may wait for the writer before writes are answered 429.")]
    public long MaxQueuedBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Rows in one transaction. More: fewer syncs. Fewer: a row waits less for its neighbours.</summary>
    [Description("Most rows in one transaction.")]
    public int MaxBatchRows { get; set; } = 1_000;

    /// <summary>Bytes of values in one transaction; a single larger value goes alone.</summary>
    [Description("Most bytes of values in one transaction.")]
    public long MaxBatchBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Length at which SQLite's log is copied into its file. Longer: more of its pages are written again before they are copied, each
    /// copy takes longer, and so does a start after a crash. Half as much may come during a copy, and the file keeps that length: 288 MiB
    /// as it is set here. A start that finds more copies it before the node is ready. Where a reader does not end, the log grows to four
    /// times as much; from then on writers wait for that reader for a moment every ten seconds.
    /// </summary>
    [Description("Length at which SQLite's log is copied into its file; on disk it takes half as much again.")]
    public long CheckpointBytes { get; set; } = 192 * 1024 * 1024;

    /// <summary>Age at which a deleted key's tombstone goes, and its versions may start again at 1.</summary>
    [Description("Age at which the tombstone of a deleted key goes; then its versions start at 1 again.")]
    public TimeSpan TombstoneAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Accept a PostgreSQL server with <c>fsync=off</c> or <c>full_page_writes=off</c>. Acknowledged writes are then lost when
    /// that server's machine fails. For benchmarks.
    /// </summary>
    [Description("Accept a server with fsync=off or full_page_writes=off, which loses acknowledged writes.")]
    public bool AllowUnsafeServerSettings { get; set; }
}

public enum StorageProvider
{
    Sqlite,
    Postgres,
}
