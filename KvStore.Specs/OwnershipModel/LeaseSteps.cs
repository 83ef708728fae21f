namespace KvStore.Specs.OwnershipModel;

/// <content>Renewals: <c>OwnershipActor.Renew</c>, <c>PostgresLeases.RenewAsync</c>, <c>LeaseTable.Renewed</c>.</content>
internal sealed partial class Protocol
{
    private void Renewals(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        switch (me.Renewal)
        {
            case RenewalPhase.None when !me.HasEnded:
                var sent = state;
                sent[node].Renewal = RenewalPhase.Sent;
                steps.Add(sent, $"{Name(node)} sends a renewal");
                break;

            case RenewalPhase.Sent when !_rules.Has(Rule.RenewalReadsAfterItsLock):
                var early = state;
                List(ref early, node);
                early[node].Renewal = RenewalPhase.Started;
                steps.Add(early, $"store: {Name(node)}'s renewal takes its snapshot ({Listing(early, node)}) and waits for the row of {Name(node)}");
                break;

            case RenewalPhase.Sent when _byStatements:
                if (!IsRowLocked(state, node))
                {
                    var locked = state;
                    locked[node].Renewal = RenewalPhase.Started;
                    steps.Add(locked, $"store: {Name(node)}'s renewal locks and raises {Name(node)}'s counter");
                }

                break;

            case RenewalPhase.Sent or RenewalPhase.Started:
                if (_byStatements && me.Renewal == RenewalPhase.Started && !_rules.Has(Rule.RenewalReadsAfterItsLock) && IsRowLocked(state, node))
                {
                    break;
                }

                var executed = state;
                if (_rules.Has(Rule.RenewalReadsAfterItsLock))
                {
                    List(ref executed, node);
                }

                executed[node].Renewal = RenewalPhase.Answered;
                ForgetCounter(ref executed[1 - node]);
                steps.Add(executed, $"store: {Name(node)}'s renewal commits; the counter has risen, the answer lists {Listing(executed, node)}");
                break;

            case RenewalPhase.Answered:
                ApplyRenewal(state, node, steps);
                break;
        }

        if (_losses && me.Renewal is RenewalPhase.Sent or RenewalPhase.Answered)
        {
            var lost = state;
            lost[node].ClearRenewal();
            steps.Add(lost, $"{Name(node)}'s renewal is given up (it was {me.Renewal})");
        }
    }

    private void ApplyRenewal(in ModelState state, int node, Steps steps)
    {
        var next = state;
        ref var me = ref next[node];
        var (epoch, mine) = (me.ListedEpoch, me.ListedAsMine);
        var valid = _rules.Has(Rule.ValidityCountsFromSending) ? _ttl - me.RenewalAge : _ttl;
        me.ClearRenewal();
        if (me.HasEnded)
        {
            steps.Add(next, $"{Name(node)} hears its renewal and is no member any more");
            return;
        }

        me.NodeValid = Math.Max(me.NodeValid, valid);
        if (me.Held == 0)
        {
            if (mine && !_rules.Has(Rule.RenewalAddsNothing))
            {
                me.Hold(epoch, valid);
            }
            else if (mine && configuration.Allows(Happenings.Releases)
                && me is { Acquire: AcquirePhase.None, Row: RowPhase.None, ReleaseEpoch: 0 })
            {
                // A stranger: kept, it would be lost for everybody, as this node goes on renewing.
                me.ReleaseEpoch = epoch;
            }
        }
        else if (mine && me.Held == epoch)
        {
            me.ShardValid = Math.Max(me.ShardValid, valid);
        }
        else if (me.Held <= epoch || me.ShardValid == 0)
        {
            me.Drop();
        }

        steps.Add(next, $"{Name(node)} hears its renewal, which is good for {valid} ticks, and has {Table(me)}");
    }

    private static void List(ref ModelState state, int node) =>
        (state[node].ListedEpoch, state[node].ListedAsMine) = (state.Shared.Epoch, state.Shared.Holder == Holder.Of(node));

    /// <summary>The peer's counter has risen: how long the old one stood, and what names it, is worth nothing.</summary>
    private static void ForgetCounter(ref NodeState observer)
    {
        observer.PeerStill = 0;
        observer.CounterStands = false;
        observer.LeftoverCounterStands = false;
    }

    /// <summary>Whether an acquisition of the peer has the shared lock of this node's row.</summary>
    private static bool IsRowLocked(in ModelState state, int node) =>
        (node == 0 ? state.B : state.A).Acquire == AcquirePhase.RowLocked && state.Shared.Holder == Holder.Of(node);

    private static string Listing(in ModelState state, int node)
    {
        var me = node == 0 ? state.A : state.B;
        return me.ListedAsMine ? $"the shard as its own with epoch {me.ListedEpoch}" : $"the shard as not its own (epoch {me.ListedEpoch})";
    }

    private static string Table(in NodeState me) => me.Held == 0 ? "no shard" : $"epoch {me.Held} for {me.ShardValid} ticks";
}
