namespace KvStore.Specs.Robustness.SeededBugs;

/// <content>What a key actor may tell, and when.</content>
internal static partial class SeededBugList
{
    /// <summary>
    /// No fault is needed: a GET right after the PUT's answer reads the cell, which has the old value until the commit is
    /// through. A held commit makes it certain; kill -9 of the node in that time loses the acknowledged write for good.
    /// </summary>
    public static SeededBug ReplyBeforeCommit => new(
        nameof(ReplyBeforeCommit),
        "A write is answered after its commit.",
        TimeSpan.FromSeconds(5),
        SeededIn.Both,
        [
            Edit(
                KeyActor,
                """
                            (Writes ??= new PendingWrites(state)).Add(asked, next, reply);
                            SendNext();
                """,
                """
                            (Writes ??= new PendingWrites(state)).Add(asked, next, reply);
                            Reply(asked, reply);
                            SendNext();
                """),
        ]);

    /// <summary>
    /// SIGSTOP of A for longer than the cluster takes to down it and 1.1 TTL; B takes over and acknowledges v1; SIGCONT. GETs
    /// that were sent to A meanwhile wait in its socket and are answered with v0 at once. Clients must go on asking A.
    /// </summary>
    public static SeededBug ReadWithoutLeaseCheck => new(
        nameof(ReadWithoutLeaseCheck),
        "A read is answered only while the epoch of its value is held and valid.",
        TimeSpan.FromSeconds(25),
        SeededIn.Both,
        [
            Edit(
                KeyActor,
                """
                            if (standing == LeaseStanding.Valid || get.AllowStale)
                            {
                                Reply(asked, node.Decisions.Read(state, get.Precondition, stale: standing != LeaseStanding.Valid));
                            }
                """,
                """
                            if (standing is LeaseStanding.Valid or LeaseStanding.Unproven or LeaseStanding.Lost)
                            {
                                Reply(asked, node.Decisions.Read(state, get.Precondition, stale: false));
                            }
                """),
        ]);

    /// <summary>As <see cref="ReadWithoutLeaseCheck"/>, for the read beside the actor, which the GETs in A's socket come to first.</summary>
    public static SeededBug LocalReadWithoutProof => new(
        nameof(LocalReadWithoutProof),
        "A read beside the key's actor is answered only while the epoch of its value is proven to be held.",
        TimeSpan.FromSeconds(25),
        SeededIn.Both,
        [
            Edit(
                LocalKeys,
                "if (leases.Check(cell.Shard, committed.Epoch) != LeaseStanding.Valid)",
                "if (leases.Check(cell.Shard, committed.Epoch) == LeaseStanding.Lost)"),
        ]);

    /// <summary>
    /// For a plain read by the actor the order of the two lines cannot be seen: only the actor itself writes its cell, and it does
    /// not between two lines of one message. Where a wait stands between them is a refused guard: its state is taken
    /// when the commit that it waits for has come. Here it goes by the standing that it had before that wait.
    /// <para>
    /// Hold the answer of A's commit of v1 (after the server executed it) and A's renewals; SIGSTOP A; B takes over and
    /// acknowledges v2; send A a PUT with <c>ifVersion=0</c>; SIGCONT; once it has been waiting for a moment, let the answer go:
    /// 409 with <c>currentVersion</c> 1, though 2 was acknowledged before it was sent. With renewals that get through, the
    /// shard is lost before the guard is judged, and nothing is seen. <c>CommitTimeout</c> and <c>RequestTimeout</c> must be
    /// longer than the pause.
    /// </para>
    /// </summary>
    public static SeededBug ValueTakenAfterCheck => new(
        nameof(ValueTakenAfterCheck),
        "The check of the lease comes after the value is taken, not before.",
        TimeSpan.FromSeconds(30),
        SeededIn.Postgres,
        [
            Edit(
                KeyActorWriting,
                "redo = Answer(waiters, null, node.Leases.Check(_cell.Shard, write.Epoch) == LeaseStanding.Valid);",
                "redo = Answer(waiters, null, isProven: true);"),
        ]);

    /// <summary>
    /// The zombie, with k and another key m of its shard, <c>KeyIdleTimeout</c> 1 s and TTL 1 s. While A stands still, B
    /// acknowledges v1 and is left alone until it has released the shard (2 to 4 s). SIGCONT; GET m on A, which is not in A's
    /// memory: A finds the shard lost and acquires it anew. Then GET k on A: v0, from a cell of epoch 1, under epoch 3. In
    /// that order: a GET of k in between would find it lost. Writes are fenced, so only reads and refused guards show it.
    /// </summary>
    public static SeededBug CellWithoutEpoch => new(
        nameof(CellWithoutEpoch),
        "A cell is good only under the very epoch that it was loaded with.",
        TimeSpan.FromSeconds(35),
        SeededIn.Both,
        [Edit(LeaseTable, "if (held is null || held.Epoch != epoch)", "if (held is null)")]);

    /// <summary>
    /// The zombie as for <see cref="CellWithoutEpoch"/>, but with A's load of k held after the server has executed it, since
    /// before the pause (<c>ReadTimeout</c> 60 s, and a GET that waits for it). B acknowledges v1 and releases the shard;
    /// SIGCONT; GET m on A, so that A acquires it anew; then let the load's answer go, and GET k on A: v0. The GETs that waited
    /// began before v1, so one that is sent after it must be asked too.
    /// </summary>
    public static SeededBug LoadEpochAtAnswer => new(
        nameof(LoadEpochAtAnswer),
        "A cell has the epoch that was held when its load was sent, not when the answer came.",
        TimeSpan.FromSeconds(35),
        SeededIn.Postgres,
        [
            Edit(
                KeyActorLoading,
                """
                            return new KeyLoaded(load, epoch, new LoadResult.Row(row));
                """,
                """
                            return new KeyLoaded(load, owned ? node.Leases.EpochOf(cell.Shard) : null, new LoadResult.Row(row));
                """),
        ]);

    /// <summary>
    /// No fault is needed: a PUT, a PUT with <c>ifVersion=0</c> that is sent before the first is answered, and a GET after the
    /// 409, which still sees what was before. A held commit makes it certain, and kill -9 with the held commit cut off makes the
    /// version in the 409 one that never existed.
    /// </summary>
    public static SeededBug ConflictFromUncommitted => new(
        nameof(ConflictFromUncommitted),
        "A refused guard waits until the state that refused it is committed.",
        TimeSpan.FromSeconds(10),
        SeededIn.Both,
        [Edit(KeyActor, "Writes.AddRead(asked, reply);", "Reply(asked, reply);")]);

    /// <summary>
    /// That the actor does not look at the deadline can never be seen alone: the caller was told <c>unknown</c> then, which may
    /// take effect at any time. So this is also the other place where a command's time runs out: one that was parked is refused
    /// with <c>not-applied</c>, and here it stays parked.
    /// <para>
    /// Hold A's loads before the server, PUT a key that is not in A's memory, wait for the 503 (<c>RequestTimeout</c> 3 s,
    /// <c>ReadTimeout</c> 60 s), let the load go, GET: the value that was not applied. A database that stops for longer than
    /// <c>RequestTimeout</c> but less than <c>ReadTimeout</c> (SIGSTOP of all its processes) does it by chance.
    /// </para>
    /// </summary>
    public static SeededBug ExpiredCommandExecuted => new(
        nameof(ExpiredCommandExecuted),
        "A command whose time is over is dropped, and never executed late.",
        TimeSpan.FromSeconds(15),
        SeededIn.Both,
        [
            Edit(KeyActor, "if (asked.Message.Context.Deadline.IsPast(node.Time))", "if (asked.Message is null)"),
            Edit(
                KeyActorWaiting,
                "_parked.RemoveAll(asked => RefuseIfNearlyUp(asked, check, reason));",
                "_parked.ForEach(asked => RefuseIfNearlyUp(asked, check, reason));"),
        ]);
}
