using System.Collections.Immutable;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// The lease transactions, each in one batch: no lock is ever held while a message is on its way. Locks are taken in one
/// order, the shard's and then the node's row: the other way round a wait for a shard would stop the holder's renewal.
/// </summary>
internal sealed class PostgresLeases(ShardLocks locks, TimeSpan lockTimeout, TimeSpan renewalLockTimeout, bool allowUnsafe)
{
    public async Task<int> RegisterAsync(NpgsqlConnection connection, NodeRow me)
    {
        await using var batch = Begin(connection).Add(
            "insert into node values ($1, $2, $3, $4, $5, $6)",
            PostgresBatch.Text(me.NodeId), PostgresBatch.Text(me.Name), PostgresBatch.Text(me.AkkaAddress), PostgresBatch.Text(me.HttpAddress),
            PostgresBatch.Bigint(me.Counter), PostgresBatch.Bigint((long)me.Ttl.TotalMilliseconds));
        return await batch.CommitAsync(_ => Task.FromResult(1)).ConfigureAwait(false);
    }

    /// <summary>
    /// The counter first and the leases in a statement after it. In one statement the answer could be older than the wait for
    /// the row: an acquisition that looked at the counter before it rose would take a shard that is still listed here.
    /// </summary>
    public async Task<LeaseDirectory?> RenewAsync(NpgsqlConnection connection, string nodeId)
    {
        await using var batch = new PostgresBatch(connection, renewalLockTimeout)
            .Add("update node set counter = counter + 1 where node_id = $1 returning counter", PostgresBatch.Text(nodeId))
            .Add("select shard, epoch, holder from shard_lease order by shard")
            .Add(PostgresRows.NodesSql)
            .Add(DurabilityCheck.Sql);
        var (directory, fsync, fullPageWrites) = await batch.CommitAsync(ReadDirectoryAsync).ConfigureAwait(false);
        DurabilityCheck.Demand(fsync, fullPageWrites, allowUnsafe);
        return directory;
    }

    /// <exception cref="PostgresException">Among others 55P03: the shard's lock did not come in time.</exception>
    public async Task<AcquireResult> AcquireAsync(NpgsqlConnection connection, AcquireRequest request)
    {
        await using var batch = locks.AddExclusive(Begin(connection), request.Shard)
            // Waits for a removal of the asking node that is under way, and keeps the next one waiting: a node whose row went
            // while it acquired would hold a shard that its removal did not see. Its renewals change no key and go on beside it.
            .Add("select 1 from node where node_id = $1 for key share", PostgresBatch.Text(request.NodeId))
            // Waits for a renewal of the holder that is under way, and keeps the next one waiting until this transaction ends.
            .Add(
                "select 1 from node where node_id = (select holder from shard_lease where shard = $1 and holder <> $2) for share",
                PostgresBatch.Integer(request.Shard), PostgresBatch.Text(request.NodeId))
            // A new statement, so that its snapshot has that renewal.
            .Add(
                """
                update shard_lease set holder = $2, epoch = epoch + 1
                where shard = $1 and exists (select 1 from node where node_id = $2)
                  and (holder is null or holder = $2
                       or (holder = $3 and coalesce((select counter from node where node_id = holder), -1) = $4))
                returning epoch
                """,
                PostgresBatch.Integer(request.Shard), PostgresBatch.Text(request.NodeId), PostgresBatch.Text(request.Holder),
                PostgresBatch.Bigint(request.HolderCounter))
            .Add(PostgresRows.LookSql, PostgresBatch.Integer(request.Shard));
        return await batch.CommitAsync<AcquireResult>(async reader =>
        {
            await reader.NextResultAsync().ConfigureAwait(false);
            await reader.NextResultAsync().ConfigureAwait(false);
            await reader.NextResultAsync().ConfigureAwait(false);
            if (await reader.ReadAsync().ConfigureAwait(false))
            {
                return new AcquireResult.Acquired(reader.GetInt64(0));
            }

            await reader.NextResultAsync().ConfigureAwait(false);
            return new AcquireResult.Refused(await PostgresRows.HolderAsync(reader, request.Shard).ConfigureAwait(false));
        }).ConfigureAwait(false);
    }

    /// <summary>After a lock that did not come: ends those in the way, if the takeover would be allowed.</summary>
    public async Task<int> BreakLockAsync(NpgsqlConnection connection, AcquireRequest request)
    {
        var found = await PostgresRows.LookAsync(connection, request.Shard).ConfigureAwait(false);
        var allowed = found.Lease.Holder is null
            || found.Lease.Holder == request.NodeId
            || (found.Lease.Holder == request.Holder && (found.Node?.Counter ?? -1) == request.HolderCounter);
        return allowed ? await locks.BreakAsync(connection, request.Shard).ConfigureAwait(false) : 0;
    }

    /// <summary>The epoch is named, so that a release that is overtaken by a new acquisition of this node does nothing.</summary>
    public async Task<int> ReleaseAsync(NpgsqlConnection connection, string nodeId, IReadOnlyCollection<HeldEpoch> shards)
    {
        await using var batch = Begin(connection).Add(
            """
            update shard_lease l set holder = null from unnest($1, $2) as held (shard, epoch)
            where l.shard = held.shard and l.epoch = held.epoch and l.holder = $3
            """,
            PostgresBatch.Integers([.. shards.Select(held => held.Shard)]),
            PostgresBatch.Bigints([.. shards.Select(held => held.Epoch)]),
            PostgresBatch.Text(nodeId));
        return await batch.CommitAsync(_ => Task.FromResult(0)).ConfigureAwait(false);
    }

    /// <summary>
    /// The node's row first, as an acquisition does it: that waits for those of this node that are under way, and the
    /// statement after it sees what they took.
    /// </summary>
    public async Task<int> AnnounceAsync(NpgsqlConnection connection, string nodeId, string httpAddress)
    {
        await using var batch = Begin(connection).Add(
            "update node set http_address = $2 where node_id = $1", PostgresBatch.Text(nodeId), PostgresBatch.Text(httpAddress));
        return await batch.CommitAsync(_ => Task.FromResult(0)).ConfigureAwait(false);
    }

    public async Task<int> UnregisterAsync(NpgsqlConnection connection, string nodeId)
    {
        await using var batch = Begin(connection)
            .Add("select 1 from node where node_id = $1 for update", PostgresBatch.Text(nodeId))
            .Add("update shard_lease set holder = null where holder = $1", PostgresBatch.Text(nodeId))
            .Add("delete from node where node_id = $1", PostgresBatch.Text(nodeId));
        return await batch.CommitAsync(_ => Task.FromResult(0)).ConfigureAwait(false);
    }

    /// <summary>
    /// Two statements: one that waits for the node's row would go on to judge by what it saw of counter and leases before it waited.
    /// </summary>
    public async Task<int> ForgetAsync(NpgsqlConnection connection, string nodeId, long counter)
    {
        await using var batch = Begin(connection)
            .Add("select 1 from node where node_id = $1 for update", PostgresBatch.Text(nodeId))
            .Add(
                "delete from node where node_id = $1 and counter = $2 and not exists (select 1 from shard_lease where holder = $1)",
                PostgresBatch.Text(nodeId), PostgresBatch.Bigint(counter));
        return await batch.CommitAsync(_ => Task.FromResult(0)).ConfigureAwait(false);
    }

    /// <summary>
    /// Raises the epoch from that of the lost batch by one, once, and then, in a new statement, reads what became of its rows.
    /// It writes the epoch even where an earlier try raised it: a transaction that writes nothing does not wait for the
    /// standbys at its commit, and would tell of a batch that none of them has yet.
    /// </summary>
    public async Task<SettleResult> SettleAsync(NpgsqlConnection connection, string nodeId, int shard, long epoch, IReadOnlyList<RowWrite> rows)
    {
        await using var batch = locks.AddExclusive(Begin(connection), shard)
            .Add(
                "update shard_lease set epoch = $3 + 1 where shard = $1 and holder = $2 and epoch in ($3, $3 + 1)",
                PostgresBatch.Integer(shard), PostgresBatch.Text(nodeId), PostgresBatch.Bigint(epoch))
            .Add("select shard, epoch, holder from shard_lease where shard = $1", PostgresBatch.Integer(shard))
            .Add(
                "select key, version from kv where shard = $1 and key = any($2)",
                PostgresBatch.Integer(shard), PostgresBatch.Texts([.. rows.Select(row => row.Key.Text)]));
        return await batch.CommitAsync<SettleResult>(async reader =>
        {
            await reader.NextResultAsync().ConfigureAwait(false);
            await reader.ReadAsync().ConfigureAwait(false);
            var lease = PostgresRows.Lease(reader);
            await reader.NextResultAsync().ConfigureAwait(false);
            var stored = new Dictionary<string, long>(StringComparer.Ordinal);
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                stored.Add(reader.GetString(0), reader.GetInt64(1));
            }

            return lease.Holder == nodeId && lease.Epoch == epoch + 1
                ? new SettleResult.Settled(
                    lease.Epoch,
                    [.. rows.Select(row => Settlement.Judge(row, stored.TryGetValue(row.Key.Text, out var version) ? version : null))])
                : new SettleResult.Lost();
        }).ConfigureAwait(false);
    }

    /// <summary>For a settle whose lock does not come: ends those in the way, while this node is the shard's holder.</summary>
    public Task<int> BreakLockAsync(NpgsqlConnection connection, string nodeId, int shard) =>
        BreakLockAsync(connection, new AcquireRequest(shard, nodeId, nodeId, -1));

    private static async Task<(LeaseDirectory? Directory, string Fsync, string FullPageWrites)> ReadDirectoryAsync(NpgsqlDataReader reader)
    {
        long? counter = await reader.ReadAsync().ConfigureAwait(false) ? reader.GetInt64(0) : null;
        await reader.NextResultAsync().ConfigureAwait(false);
        var leases = await PostgresRows.AllAsync(reader, PostgresRows.Lease).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        var nodes = await PostgresRows.AllAsync(reader, PostgresRows.Node).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        var directory = counter is { } mine ? new LeaseDirectory(mine, leases, nodes, reader.GetString(2)) : null;
        return (directory, reader.GetString(0), reader.GetString(1));
    }

    private PostgresBatch Begin(NpgsqlConnection connection) => new(connection, lockTimeout);
}
