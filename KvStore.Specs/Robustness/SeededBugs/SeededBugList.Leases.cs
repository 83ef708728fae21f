namespace KvStore.Specs.Robustness.SeededBugs;

/// <content>Who holds a shard, since when, and for how long it may believe so.</content>
internal static partial class SeededBugList
{
    /// <summary>
    /// The zombie, TTL 3 s. While A stands still, GET k on B, with B's acquisition held behind its row locks and before its
    /// update; SIGCONT: A's renewal waits for its own row (<c>pg_stat_activity</c>: <c>wait_event_type = Lock</c>); let the
    /// acquisition go: the renewal answers what was true before its wait. Hold A's further renewals. PUT v1 on B, then GET k on
    /// A: v0, for 0.9 TTL from the renewal. The renewal gives up after TTL / 3, so the wait must be shorter.
    /// </summary>
    public static SeededBug RenewalInOneStatement => new(
        nameof(RenewalInOneStatement),
        "A renewal reads what it holds in a statement after the one that raises its counter.",
        TimeSpan.FromSeconds(40),
        SeededIn.Postgres,
        [
            Edit(
                PostgresLeases,
                """
                            .Add("update node set counter = counter + 1 where node_id = $1 returning counter", PostgresBatch.Text(nodeId))
                            .Add("select shard, epoch, holder from shard_lease order by shard")
                """,
                """"
                            .Add(
                                """
                                with me as (update node set counter = counter + 1 where node_id = $1 returning counter)
                                select shard, epoch, holder, (select counter from me) from shard_lease order by shard
                                """,
                                PostgresBatch.Text(nodeId))
                """"),
            Edit(
                PostgresLeases,
                """
                        long? counter = await reader.ReadAsync().ConfigureAwait(false) ? reader.GetInt64(0) : null;
                        await reader.NextResultAsync().ConfigureAwait(false);
                        var leases = await PostgresRows.AllAsync(reader, PostgresRows.Lease).ConfigureAwait(false);
                """,
                """
                        long? counter = null;
                        var leases = await PostgresRows.AllAsync(reader, row =>
                        {
                            counter = row.IsDBNull(3) ? null : row.GetInt64(3);
                            return PostgresRows.Lease(row);
                        }).ConfigureAwait(false);
                """),
        ]);

    /// <summary>
    /// A renewal is given up after a third of the TTL, so an answer lengthens the lease by no more: A believes until
    /// TTL (1/3 + 0.9) after the server executed it, and B may take over 1.1 TTL after it saw that counter. That leaves 0.13 TTL,
    /// less the time until B sees it, and needs a TTL of 9 s and <c>LockTimeout</c> 3 s for about a second.
    /// <para>
    /// The zombie with <c>StableAfter</c> 13 s, where nobody asks B for k while A stands still. SIGCONT; A's first renewal
    /// executed and its answer held for 2.8 s, all later ones held before the server. From then on GET k on B all the time (each
    /// looks at A's counter) until B has it, PUT v1, GET k on A at once: v0. Without the order it will not be found.
    /// </para>
    /// </summary>
    public static SeededBug ValidityFromAnswer => new(
        nameof(ValidityFromAnswer),
        "A lease is valid from before its renewal was sent, not from its answer.",
        TimeSpan.FromSeconds(75),
        SeededIn.Postgres,
        [
            Edit(
                Ownership,
                "return new Renewed(sentAt, await node.Store.RenewAsync(node.Self.NodeId).ConfigureAwait(false), null);",
                """
                var answer = await node.Store.RenewAsync(node.Self.NodeId).ConfigureAwait(false);
                            return new Renewed(node.Clock.GetTimestamp(), answer, null);
                """),
        ]);

    /// <summary>
    /// The zombie, <c>KeyIdleTimeout</c> 1 s, TTL 6 s, where nobody asks B for k while A stands still. SIGCONT: A renews, evicts
    /// the idle k and gives its shard back; hold that release before the server. GET k on A, which wants the shard again; hold
    /// that acquisition, too. A's next renewal still lists the shard, and puts it back. Hold all later renewals; let the release
    /// go, after which B need not wait; PUT v1 on B of k', which is of the same shard; GET k' on A: v1; PUT v2 on B; GET k' on
    /// A: v1.
    /// </summary>
    public static SeededBug RenewalAddsShard => new(
        nameof(RenewalAddsShard),
        "A renewal extends and drops shards, and never adds one.",
        TimeSpan.FromSeconds(45),
        SeededIn.Postgres,
        [
            Edit(
                LeaseTable,
                "strangers.Add(new HeldEpoch(lease.Shard, lease.Epoch));",
                "Set(lease.Shard, new Held(lease.Epoch, validUntil));"),
        ]);

    /// <summary>
    /// As for <see cref="RenewalAddsShard"/> up to the held release of epoch 1. Then GET k on A, which acquires its own shard
    /// anew, with epoch 2; hold A's renewals; let the release go: it frees the shard of epoch 2. PUT v1 on B, which need not
    /// wait; GET k on A: v0, for as long as A's last renewal lasts.
    /// </summary>
    public static SeededBug ReleaseWithoutEpoch => new(
        nameof(ReleaseWithoutEpoch),
        "A release names the epoch that it gives back.",
        TimeSpan.FromSeconds(45),
        SeededIn.Postgres,
        [
            Edit(
                PostgresLeases,
                "where l.shard = held.shard and l.epoch = held.epoch and l.holder = $3",
                "where l.shard = held.shard and l.holder = $3"),
            Edit(
                SqliteLeases,
                "set holder = null where shard = ?1 and epoch = ?2 and holder = ?3",
                "set holder = null where shard = ?1 and ?2 > 0 and holder = ?3"),
        ]);

    /// <summary>
    /// Not to wait for the actors can never be seen alone: the shard is out of the table first, so that their cells are void.
    /// Here it stays in the table as well, until a renewal shows that it is gone.
    /// <para>
    /// The zombie, TTL 6 s, where nobody asks B for k while A stands still. SIGCONT, and GET k on A all the time; PUT v1 on
    /// B all the time until it is acknowledged, which is as soon as A has given the shard back under its own actors; GET k on A: v0
    /// for up to a third of the TTL.
    /// </para>
    /// </summary>
    public static SeededBug ReleaseBeforeActorsStopped => new(
        nameof(ReleaseBeforeActorsStopped),
        "A shard is given back when its last key actor has stopped.",
        TimeSpan.FromSeconds(45),
        SeededIn.Both,
        [
            Edit(OwnershipReleasing, "_node.LiveKeys.CountOf(shard) == 0 && _node.Writer.RowsOf(shard) == 0", "_node.Writer.RowsOf(shard) == 0"),
            Edit(OwnershipReleasing, " && _node.Leases.Drop(shard, epoch))", ")"),
        ]);

    /// <summary>
    /// TTL 30 s: SIGSTOP of A for about as long as the cluster takes to down it, but less than 0.9 TTL; PUT v1 on B, which
    /// takes the shard at once; SIGCONT; GET k on A, which still has a valid lease: v0. With a TTL that is shorter than that it takes
    /// the zombie, renewals and all.
    /// </summary>
    public static SeededBug TakeoverWithoutWaiting => new(
        nameof(TakeoverWithoutWaiting),
        "A shard is taken only when its holder's counter has stood still for 1.1 of its TTL.",
        TimeSpan.FromSeconds(30),
        SeededIn.Both,
        [
            Edit(
                TakeoverRule,
                "return isKnownDead || waited >= (node?.Ttl ?? ownTtl) * WaitedShareOfTtl",
                "return waited >= TimeSpan.Zero || isKnownDead"),
        ]);

    /// <summary>
    /// The zombie, TTL 3 s, <c>LockTimeout</c> 1 s, <c>StableAfter</c> 10 s; k's shard was used on A and then released. SIGCONT,
    /// and A renews at t; hold its later renewals before the server. At t + 0.8 TTL GET k on A: hold the answer of the
    /// acquisition, which the server executes. PUT v1 on B all the time until it is acknowledged (t + 1.1 to 1.45 TTL). Before the
    /// acquisition is given up (3 × <c>LockTimeout</c>) let its answer go: A loads v1. PUT v2 on B; GET k on A: v1.
    /// </summary>
    public static SeededBug AcquisitionRenewsLease => new(
        nameof(AcquisitionRenewsLease),
        "An acquisition gives no more validity than the node had when it was sent.",
        TimeSpan.FromSeconds(45),
        SeededIn.Postgres,
        [
            Edit(
                OwnershipAcquiring,
                "_node.Leases.Acquired(attempt.Shard, epoch, attempt.ValidUntil);",
                "_node.Leases.Acquired(attempt.Shard, epoch, _node.Clock.GetTimestamp() + Ticks(Ttl * LeaseTable.TrustedShareOfTtl));"),
        ]);
}
