using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KvStore.Messages.Keys;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// The group commit and the collection of tombstones, both behind the same fence: shared locks of the shards, and only then,
/// in a statement of its own, the comparison of holder and epoch. In one statement with the lock it would compare what was
/// true before the lock came.
/// </summary>
internal sealed class PostgresCommits(ShardLocks locks, TimeSpan lockTimeout)
{
    /// <summary>
    /// The expected version is compared twice. In the query, so that a row that has vanished is not inserted again where one
    /// was expected; and in the conflict clause, which sees what is stored now. The former is a scalar sub-query because that is always
    /// looked up by its key: <c>exists</c> may be turned into a hash of the whole table.
    /// </summary>
    private const string Upsert = """
        insert into kv (shard, key, version, previous, value, updated_at, deleted_at)
        select w.shard, w.key, w.version, w.expected, w.value, now(), case when w.value is null then now() end
        from unnest($1, $2, $3, $4, $5, $6) as w (shard, epoch, key, expected, version, value)
        join shard_lease l on l.shard = w.shard and l.epoch = w.epoch and l.holder = $7
        where w.expected = 0 or w.expected = (select k.version from kv k where k.shard = w.shard and k.key = w.key)
        on conflict (shard, key) do update
            set version = excluded.version, previous = excluded.previous, value = excluded.value,
                updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
            where kv.version = excluded.previous
        returning key
        """;

    private const string Collect = """
        delete from kv k using unnest($1, $2) as t (key, version)
        where k.shard = $3 and k.key = t.key and k.version = t.version and k.deleted_at is not null
          and exists (select 1 from shard_lease where shard = $3 and epoch = $4 and holder = $5)
        returning 1
        """;

    /// <summary>Sends the batch, and a question after it where a row was not applied. Whatever it throws is for <see cref="Outcome"/> to judge.</summary>
    public async Task<ImmutableArray<RowOutcome>> CommitAsync(NpgsqlConnection connection, string nodeId, IReadOnlyList<RowWrite> rows)
    {
        var sorted = rows.OrderBy(row => row.Shard).ThenBy(row => row.Key).ToArray();
        int[] shards = [.. sorted.Select(row => row.Shard).Distinct()];
        await using var batch = locks.AddShared(new PostgresBatch(connection, lockTimeout), shards);
        batch.Add(
            Upsert,
            PostgresBatch.Integers([.. sorted.Select(row => row.Shard)]),
            PostgresBatch.Bigints([.. sorted.Select(row => row.Epoch)]),
            PostgresBatch.Texts([.. sorted.Select(row => row.Key.Text)]),
            PostgresBatch.Bigints([.. sorted.Select(row => row.Expected.Number)]),
            PostgresBatch.Bigints([.. sorted.Select(row => row.Version.Number)]),
            PostgresBatch.Blobs([.. sorted.Select(row => Bytes(row.Value))]),
            PostgresBatch.Text(nodeId));
        var committed = false;
        try
        {
            var applied = await batch.CommitAsync(ReadAppliedAsync).ConfigureAwait(false);
            committed = true;
            // Only now, as there is hardly ever need for it. A shard that was lost since the commit is fenced too: an epoch never comes again.
            var held = applied.Count < rows.Count ? await ReadHeldAsync(connection, nodeId, shards).ConfigureAwait(false) : [];
            return
            [
                .. rows.Select(row => applied.Contains(row.Key.Text) ? RowOutcome.Applied
                    : held.Contains(new HeldEpoch(row.Shard, row.Epoch)) ? RowOutcome.Conflict
                    : RowOutcome.Fenced),
            ];
        }
        catch (PostgresException e) when (committed || batch.FailedInCommit(e))
        {
            throw new PostgresCommitFailed(e);
        }
    }

    public async Task<int> CollectAsync(NpgsqlConnection connection, string nodeId, int shard, long epoch, IReadOnlyCollection<Tombstone> tombstones)
    {
        await using var batch = locks.AddShared(new PostgresBatch(connection, lockTimeout), [shard]).Add(
            Collect,
            PostgresBatch.Texts([.. tombstones.Select(tombstone => tombstone.Key.Text)]),
            PostgresBatch.Bigints([.. tombstones.Select(tombstone => tombstone.Version.Number)]),
            PostgresBatch.Integer(shard), PostgresBatch.Bigint(epoch), PostgresBatch.Text(nodeId));
        return await batch.CommitAsync(async reader =>
        {
            await reader.NextResultAsync().ConfigureAwait(false);
            return (await PostgresRows.AllAsync(reader, row => row.GetInt32(0)).ConfigureAwait(false)).Length;
        }).ConfigureAwait(false);
    }

    /// <summary>
    /// What an error says about the batch. Only an error of a statement before the commit, or that nothing was sent, proves
    /// that nothing was written. With the connection the answer is lost, not the commit.
    /// </summary>
    public static CommitResult Outcome(Exception failure) => failure switch
    {
        PostgresNotReached => new CommitResult.Failed(new StoreUnavailableException(failure.Message, failure)),
        PostgresException lost when TellsOfLostServer(lost) => new CommitResult.Unknown(failure),
        // No row is at fault where the server takes no writes at all.
        PostgresException { InvariantSeverity: "ERROR", SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            new CommitResult.Failed(new StoreUnavailableException(failure.Message, failure)),
        PostgresException { InvariantSeverity: "ERROR" } => new CommitResult.Failed(failure),
        _ => new CommitResult.Unknown(failure),
    };

    /// <summary>
    /// Connection faults (class 08) and the server's own end (57P). A pooler reports these as plain errors too, of a server
    /// that has got the whole batch.
    /// </summary>
    public static bool TellsOfLostServer(PostgresException failure) =>
        failure.SqlState.StartsWith("08", StringComparison.Ordinal) || failure.SqlState.StartsWith("57P", StringComparison.Ordinal);

    private static async Task<HashSet<string>> ReadAppliedAsync(NpgsqlDataReader reader)
    {
        await reader.NextResultAsync().ConfigureAwait(false);
        var applied = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            applied.Add(reader.GetString(0));
        }

        return applied;
    }

    private static async Task<HashSet<HeldEpoch>> ReadHeldAsync(NpgsqlConnection connection, string nodeId, int[] shards)
    {
        await using var command = new NpgsqlCommand("select shard, epoch from shard_lease where shard = any($1) and holder = $2", connection)
        {
            // See PostgresBatch.
            CommandTimeout = 0,
            Parameters = { PostgresBatch.Integers(shards), PostgresBatch.Text(nodeId) },
        };
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        return [.. await PostgresRows.AllAsync(reader, row => new HeldEpoch(row.GetInt32(0), row.GetInt64(1))).ConfigureAwait(false)];
    }

    private static byte[]? Bytes(JsonText? value) => value switch
    {
        null => null,
        { } text when MemoryMarshal.TryGetArray(text.Utf8, out var whole) && whole.Offset == 0 && whole.Count == whole.Array!.Length => whole.Array,
        { } text => text.Utf8.ToArray(),
    };
}

/// <summary>The commit itself failed, or what follows it, so that the error does not say that nothing was written.</summary>
internal sealed class PostgresCommitFailed(PostgresException cause)
    : Exception($"COMMIT, or what follows it, failed: {cause.MessageText} ({cause.SqlState}).", cause);
