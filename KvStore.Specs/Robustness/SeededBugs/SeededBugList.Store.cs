namespace KvStore.Specs.Robustness.SeededBugs;

/// <content>The transactions that write keys, and what follows when nobody knows their end.</content>
internal static partial class SeededBugList
{
    /// <summary>
    /// Compare-and-set hides it as soon as B has written k. So B may only read it: SIGSTOP of A, B takes over and answers a GET
    /// with v0; SIGCONT with a PUT of v1 waiting in A's socket (or in a commit that is held before the server): it is committed
    /// and acknowledged, and B goes on answering v0. Found by chance where clients go on writing to the stopped node and there
    /// are more keys that are read than keys that are written.
    /// </summary>
    public static SeededBug WriteWithoutEpochCheck => new(
        nameof(WriteWithoutEpochCheck),
        "A write is committed only under the epoch that its shard is held with.",
        TimeSpan.FromSeconds(30),
        SeededIn.Both,
        [
            Edit(
                PostgresCommits,
                "join shard_lease l on l.shard = w.shard and l.epoch = w.epoch and l.holder = $7",
                "join shard_lease l on l.shard = w.shard and $7 <> ''"),
            Edit(SqliteCommits, "outcomes[index] = row.Epoch != epoch ? RowOutcome.Fenced : Write", "outcomes[index] = Write"),
        ]);

    /// <summary>
    /// Hold A's commit of v1 before the server; SIGSTOP A until B may take its shards; GET k on B, with B's acquisition held
    /// behind its locks; let A's commit go up to, but not with, its last statement, and wait until it waits for the lock
    /// (<c>pg_locks</c>, not granted); let B's acquisition go. A's statement goes on with its old snapshot, in which epoch 1
    /// stands. When B has answered v0, let A's last statement go, and continue A: v1 is acknowledged, and B answers v0. A's wait for
    /// the lock may take <c>LockTimeout</c> at most, B's acquisition three times that.
    /// </summary>
    public static SeededBug LockAndCheckInOneStatement => new(
        nameof(LockAndCheckInOneStatement),
        "The epoch is compared in a statement that begins when the lock is there already.",
        TimeSpan.FromSeconds(40),
        SeededIn.Postgres,
        [
            Edit(ShardLocks, "private readonly int _class", "internal readonly int _class"),
            Edit(
                PostgresCommits,
                """
                        insert into kv (shard, key, version, previous, value, updated_at, deleted_at)
                """,
                """
                        with locked as materialized (select count(pg_advisory_xact_lock_shared($8, shard)::text) as n from unnest($9) as shard)
                        insert into kv (shard, key, version, previous, value, updated_at, deleted_at)
                """),
            Edit(
                PostgresCommits,
                "where w.expected = 0 or w.expected = (select k.version from kv k where k.shard = w.shard and k.key = w.key)",
                """
                cross join locked
                        where locked.n >= 0
                          and (w.expected = 0 or w.expected = (select k.version from kv k where k.shard = w.shard and k.key = w.key))
                """),
            Edit(
                PostgresCommits,
                "var batch = locks.AddShared(new PostgresBatch(connection, lockTimeout), shards);",
                """var batch = new PostgresBatch(connection, lockTimeout).Add("select 1");"""),
            Edit(
                PostgresCommits,
                """
                            PostgresBatch.Text(nodeId));
                        var committed = false;
                """,
                """
                            PostgresBatch.Text(nodeId),
                            PostgresBatch.Integer(locks._class),
                            PostgresBatch.Integers(shards));
                        var committed = false;
                """),
        ]);

    /// <summary>
    /// Alone it can never be seen: a row that gets through the fence comes from the only node that may write its shard, that
    /// node has loaded it under this epoch, and has one row of a key under way at most. It is the second line behind the fence, so
    /// the fence is broken along with it; what then shows that the second line is gone too is more than
    /// <see cref="WriteWithoutEpochCheck"/> shows: B has acknowledged v1, and A's late write, which was judged against v0,
    /// takes its place under the same version. SIGSTOP of A, PUT on B and acknowledged, SIGCONT with a PUT of the same key
    /// waiting in A's socket; hot keys and clients that go on asking A find it by chance.
    /// </summary>
    public static SeededBug NoCompareAndSet => new(
        nameof(NoCompareAndSet),
        "A row is written only over the version that it was judged against, whoever sends it.",
        TimeSpan.FromSeconds(30),
        SeededIn.Both,
        [
            .. WriteWithoutEpochCheck.Edits,
            Edit(
                PostgresCommits,
                "where w.expected = 0 or w.expected = (select k.version from kv k where k.shard = w.shard and k.key = w.key)",
                ""),
            Edit(
                PostgresCommits,
                """

                            where kv.version = excluded.previous
                """,
                ""),
            Edit(
                SqliteCommits,
                "on conflict do nothing",
                "on conflict do update set version = excluded.version, value = excluded.value, updated_at = excluded.updated_at"),
            Edit(SqliteCommits, "and key = ?2 and version = ?6", "and key = ?2 and ?6 >= 0"),
        ]);

    /// <summary>
    /// PostgreSQL: cut A's connection when the server has executed a commit and before its answer passes, or end its backend
    /// (<c>pg_terminate_backend</c>) again and again: the write is refused as not applied and is there. The edge tries such a
    /// write again, so that it often shows as one PUT that made two versions, or as a guard that fails on its own write.
    /// SQLite: <c>CommitTimeout</c> 100 ms and another process that holds the file's write lock. Told as unknown, but not settled, it
    /// could not be seen: an unknown write may land at any time.
    /// </summary>
    public static SeededBug NoSettling => new(
        nameof(NoSettling),
        "A commit of unknown outcome is settled before anybody is answered.",
        TimeSpan.FromSeconds(15),
        SeededIn.Postgres,
        [Edit(Writer, "await SettleAsync(rows, unknown.Cause).ConfigureAwait(false);", "Reject(rows, unknown.Cause);")]);

    /// <summary>
    /// Hold A's commit of v1 before the server and SIGSTOP A; B takes over and acknowledges a v1 of its own; cut the held
    /// connection; SIGCONT with <c>CommitTimeout</c> over: A settles, finds version 1, and acknowledges a write that never
    /// was. Clients see two writes of one version. <c>RequestTimeout</c> must be longer than all that.
    /// </summary>
    public static SeededBug VerdictWithoutEpoch => new(
        nameof(VerdictWithoutEpoch),
        "The version in the store tells what became of a lost commit only where no other epoch can have written it.",
        TimeSpan.FromSeconds(30),
        SeededIn.Postgres,
        [
            Edit(PostgresLeases, "return lease.Holder == nodeId && lease.Epoch == epoch + 1", "return lease.Epoch >= epoch"),
            Edit(SqliteLeases, "return lease.Holder == nodeId && lease.Epoch == epoch + 1", "return lease.Epoch >= epoch"),
        ]);

    /// <summary>No fault is needed: after a DELETE, which tells a version, the next PUT starts at 1 instead of the version after that.</summary>
    public static SeededBug TombstoneRemovedAtOnce => new(
        nameof(TombstoneRemovedAtOnce),
        "A deleted key's version lives on in its tombstone.",
        TimeSpan.FromSeconds(10),
        SeededIn.Both,
        [
            Edit(
                PostgresCommits,
                "var committed = false;",
                """
                var committed = false;
                        batch.Add("delete from kv where shard = any($1) and deleted_at is not null", PostgresBatch.Integers(shards));
                """),
            Edit(
                SqliteCommits,
                "row.Expected.Number == 0 ? Insert(row, now) : Update(row, now);",
                """
                (row.Expected.Number == 0 ? Insert(row, now) : Update(row, now))
                        && (row.Value is not null
                            || _collect.Bind(1, row.Shard).Bind(2, row.Key.Text).Bind(3, row.Version.Number).Execute() == 1);
                """),
        ]);
}
