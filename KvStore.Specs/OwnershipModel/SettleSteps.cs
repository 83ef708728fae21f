namespace KvStore.Specs.OwnershipModel;

/// <content>
/// Unknown outcomes: <c>GroupCommitWriter.Settling.cs</c>, <c>PostgresLeases.SettleAsync</c>, <c>Settlement</c>,
/// <c>LeaseTable.Settled</c>.
/// </content>
internal sealed partial class Protocol
{
    /// <summary>The transaction was sent, and the connection breaks: it may have been executed, or land later, or never.</summary>
    private void LoseAnswer(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (me.Row == RowPhase.Sent && me.OrphanEpoch != 0)
        {
            return;
        }

        var next = state;
        ref var mine = ref next[node];
        if (me.Row == RowPhase.Sent)
        {
            (mine.OrphanEpoch, mine.OrphanExpected, mine.OrphanWrite) = (me.RowEpoch, me.RowExpected, me.RowWrite);
        }

        mine.Row = RowPhase.Unknown;
        mine.RowOutcome = default;
        if (!_rules.Has(Rule.UnknownIsSettled))
        {
            Finish(ref next, node, RowOutcome.Unknown, isRejected: false);
        }

        steps.Add(next, $"{Name(node)} loses the connection of its write {me.RowWrite} "
            + $"{(me.Row == RowPhase.Sent ? "before it is executed" : "after the commit")}");
    }

    private void Settles(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        switch (me.Row)
        {
            case RowPhase.Unknown:
                var sent = state;
                (sent[node].Row, sent[node].SettleValid) = (RowPhase.SettleSent, me.NodeValid);
                steps.Add(sent, $"{Name(node)} sends a settle of epoch {me.RowEpoch}");
                break;

            case RowPhase.SettleSent when _byStatements:
                if (IsExclusiveFree(state))
                {
                    var locked = state;
                    locked[node].Row = RowPhase.SettleStarted;
                    steps.Add(locked, $"store: {Name(node)}'s settle has the shard's lock");
                }

                break;

            case RowPhase.SettleSent or RowPhase.SettleStarted:
                var executed = state;
                if (TrySettle(ref executed, node, out var verdict))
                {
                    (executed[node].Row, executed[node].RowOutcome) = (RowPhase.SettleAnswered, verdict);
                    steps.Add(executed, $"store: {Name(node)}'s settle of epoch {me.RowEpoch} finds epoch {state.Shared.Epoch} "
                        + $"of {HolderName(state.Shared.Holder)}, leaves {executed.Shared.Epoch}; version {state.Shared.Version}: {verdict}");
                }

                break;

            case RowPhase.SettleAnswered:
                HearSettle(state, node, steps);
                if (_losses)
                {
                    var lost = state;
                    (lost[node].Row, lost[node].RowOutcome, lost[node].SettleValid) = (RowPhase.Unknown, default, 0);
                    steps.Add(lost, $"the answer of {Name(node)}'s settle is lost");
                }

                break;
        }
    }

    /// <returns>False where the epochs of the search are used up.</returns>
    private bool TrySettle(ref ModelState state, int node, out RowOutcome verdict)
    {
        var me = state[node];
        var raised = _rules.Has(Rule.SettleRaisesEpoch) ? me.RowEpoch + 1 : me.RowEpoch;
        var isMine = state.Shared.Holder == Holder.Of(node) && (state.Shared.Epoch == me.RowEpoch || state.Shared.Epoch == raised);
        verdict = RowOutcome.Lost;
        if (isMine && raised > _epochs)
        {
            return false;
        }

        if (isMine)
        {
            state.Shared.Epoch = raised;
        }

        if (isMine || !_rules.Has(Rule.VerdictIsBoundToEpoch))
        {
            verdict = state.Shared.Version == me.RowExpected + 1 ? RowOutcome.Applied
                : state.Shared.Version == me.RowExpected ? RowOutcome.NotApplied
                : RowOutcome.Unknown;
        }

        return true;
    }

    private void HearSettle(in ModelState state, int node, Steps steps)
    {
        var next = state;
        ref var me = ref next[node];
        var (epoch, verdict) = (me.RowEpoch, me.RowOutcome);
        var raised = _rules.Has(Rule.SettleRaisesEpoch) ? epoch + 1 : epoch;
        if (me.Held == epoch)
        {
            if (verdict == RowOutcome.Lost)
            {
                me.Drop();
            }
            else
            {
                me.Hold(raised, me.SettleValid);
            }
        }

        Violations violation;
        if (!_rules.Has(Rule.SettleVoidsCells) && me is { RowHasActor: true, Held: var held } && held == raised)
        {
            violation = KeepCell(ref next, node, verdict);
        }
        else
        {
            violation = Finish(ref next, node, verdict == RowOutcome.Lost ? RowOutcome.Unknown : verdict, isRejected: false);
        }

        steps.Add(next, violation, $"{Name(node)} hears of its settle: {verdict}; it has {Table(next[node])}"
            + $"{(verdict == RowOutcome.Applied ? ", and acknowledges" : "")}");
    }

    /// <summary>Only where the rule is dropped: the cell stays what it was, and counts under the raised epoch.</summary>
    private Violations KeepCell(ref ModelState state, int node, RowOutcome verdict)
    {
        ref var me = ref state[node];
        var (version, raised) = (me.CellVersion, me.Held);
        me.RowEpoch = raised;
        var violation = Finish(ref state, node, verdict, isRejected: verdict == RowOutcome.NotApplied);
        (me.Actor, me.CellVersion, me.CellEpoch) = (ActorPhase.Ready, version, raised);
        return violation;
    }
}
