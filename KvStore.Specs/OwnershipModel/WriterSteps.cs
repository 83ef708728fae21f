namespace KvStore.Specs.OwnershipModel;

/// <content>The group commit: <c>GroupCommitWriter</c>, <c>PostgresCommits.CommitAsync</c>, <c>KeyActor.OnRowDone</c>.</content>
internal sealed partial class Protocol
{
    private void Commits(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        switch (me.Row)
        {
            case RowPhase.Sent when !_rules.Has(Rule.WriteChecksAfterItsLock):
                var early = state;
                early[node].Row = RowPhase.Started;
                early[node].RowOutcome = IsHeldBy(state, Holder.Of(node), me.RowEpoch) ? RowOutcome.Applied : RowOutcome.Fenced;
                steps.Add(early, $"store: {Name(node)}'s write takes its snapshot ({early[node].RowOutcome}) and waits for the shard's lock");
                break;

            case RowPhase.Sent when _byStatements:
                if (IsSharedFree(state))
                {
                    var locked = state;
                    locked[node].Row = RowPhase.Started;
                    steps.Add(locked, $"store: {Name(node)}'s write has its shared lock");
                }

                break;

            case RowPhase.Sent or RowPhase.Started:
                var executed = state;
                var isHeld = _rules.Has(Rule.WriteChecksAfterItsLock)
                    ? IsHeldBy(state, Holder.Of(node), me.RowEpoch)
                    : me.RowOutcome == RowOutcome.Applied;
                var outcome = Write(ref executed, isHeld, me.RowExpected, me.RowWrite, out var violation);
                (executed[node].Row, executed[node].RowOutcome) = (RowPhase.Answered, outcome);
                steps.Add(executed, violation, $"store: {Name(node)}'s write {me.RowWrite} of version {me.RowExpected + 1}, "
                    + $"epoch {me.RowEpoch}: {outcome}");
                break;

            case RowPhase.Answered:
                HearCommit(state, node, steps);
                break;
        }

        if (me.Row is RowPhase.Sent && configuration.Allows(Happenings.Failures))
        {
            var failed = state;
            var violation = Finish(ref failed, node, RowOutcome.NotApplied, isRejected: true);
            steps.Add(failed, violation, $"{Name(node)}'s write {me.RowWrite} fails for certain");
        }

        if (me is { Row: RowPhase.Sent or RowPhase.Answered, RowIsTold: false } && configuration.Allows(Happenings.Unknowns))
        {
            LoseAnswer(state, node, steps);
        }

        if (me.OrphanEpoch != 0 && (!_byStatements || IsSharedFree(state)))
        {
            var landed = state;
            var owner = me.OrphanIsOfDead ? Holder.Dead : Holder.Of(node);
            var outcome = Write(ref landed, IsHeldBy(state, owner, me.OrphanEpoch), me.OrphanExpected, me.OrphanWrite, out var violation);
            landed[node].ClearOrphan();
            violation |= outcome == RowOutcome.Applied && me.OrphanIsDisowned ? Violations.FalseNotApplied : Violations.None;
            steps.Add(landed, violation, $"store: {HolderName(owner)}'s write {me.OrphanWrite} of version {me.OrphanExpected + 1} "
                + $"lands late: {outcome}");
        }
    }

    private bool IsHeldBy(in ModelState state, int holder, int epoch) =>
        !_rules.Has(Rule.WriteComparesEpoch) || (state.Shared.Holder == holder && state.Shared.Epoch == epoch);

    /// <summary>The statement that writes, and the commit.</summary>
    private RowOutcome Write(ref ModelState state, bool isHeld, int expected, int write, out Violations violation)
    {
        violation = Violations.None;
        if (!isHeld)
        {
            return RowOutcome.Fenced;
        }

        if (state.Shared.Version != expected && _rules.Has(Rule.WriteComparesVersion))
        {
            return RowOutcome.NotApplied;
        }

        var version = expected + 1;
        if (state.Shared.WriteOf(version) is not 0 and var before && before != write)
        {
            violation |= Violations.VersionReused;
        }

        state.Shared.Version = version;
        state.Shared.SetWriteOf(version, write);
        return RowOutcome.Applied;
    }

    private void HearCommit(in ModelState state, int node, Steps steps)
    {
        var next = state;
        ref var me = ref next[node];
        var (write, version, outcome) = (me.RowWrite, me.RowExpected + 1, me.RowOutcome);
        if (outcome == RowOutcome.Applied && me is { RowHasActor: true, RowIsTold: false } && !_rules.Has(Rule.CellBeforeReply))
        {
            me.RowIsTold = true;
            next.Shared.Floor = Math.Max(next.Shared.Floor, version);
            steps.Add(next, $"{Name(node)} acknowledges write {write} as version {version}, and its cell still has {me.CellVersion}");
            return;
        }

        if (outcome == RowOutcome.Fenced && me.Held == me.RowEpoch)
        {
            me.Drop();
        }

        var isFenced = outcome == RowOutcome.Fenced;
        var violation = Finish(ref next, node, isFenced ? RowOutcome.NotApplied : outcome, isRejected: false);
        steps.Add(next, violation, $"{Name(node)} hears of its write {write} of version {version}: "
            + $"{(isFenced ? "fenced" : outcome == RowOutcome.Applied ? "committed, and says so" : "a conflict")}");
    }

    /// <summary>The row's fate is told to its actor, if that still lives: <c>KeyActor.OnRowDone</c>.</summary>
    /// <param name="isRejected">The store refused it, so that what the actor remembers is right all the same.</param>
    /// <returns>What the answers show.</returns>
    private Violations Finish(ref ModelState state, int node, RowOutcome outcome, bool isRejected)
    {
        ref var me = ref state[node];
        var (epoch, version, write, hasActor) = (me.RowEpoch, me.RowExpected + 1, me.RowWrite, me.RowHasActor);
        me.ClearRow();
        if (!hasActor)
        {
            // Its callers waited in vain and hold it for unknown.
            return Violations.None;
        }

        var violation = Violations.None;
        var guard = state.Shared.Guard != GuardPhase.None && state.Shared.GuardNode == node ? state.Shared.Guard : GuardPhase.None;
        if (outcome == RowOutcome.Applied)
        {
            violation |= state.Shared.WriteOf(version) == write ? Violations.None : Violations.FalseApplied;
            (me.CellVersion, me.CellEpoch) = (version, epoch);
            state.Shared.Floor = Math.Max(state.Shared.Floor, version);
            if (guard == GuardPhase.RowUnderWay && (me.IsValid(epoch) || !_rules.Has(Rule.GuardChecksLease)))
            {
                violation |= Violations.StaleGuard;
            }
        }
        else if (outcome == RowOutcome.NotApplied)
        {
            violation |= state.Shared.Has(write) ? Violations.FalseNotApplied : Violations.None;
            me.OrphanIsDisowned = me.OrphanEpoch != 0 && me.OrphanWrite == write;
        }

        var isVoid = (outcome != RowOutcome.Applied && !isRejected) || me.Held != epoch;
        if (isVoid || outcome != RowOutcome.Applied || me.NextWrite == 0)
        {
            // What waits behind it is decided anew.
            me.NextWrite = 0;
            ClearGuard(ref state, guard);
        }
        else
        {
            HandOver(ref me, me.NextWrite);
            me.NextWrite = 0;
            ClearGuard(ref state, guard == GuardPhase.RowUnderWay ? guard : GuardPhase.None);
            if (guard == GuardPhase.NextRow)
            {
                state.Shared.Guard = GuardPhase.RowUnderWay;
            }
        }

        if (isVoid)
        {
            me.ClearActor();
        }

        return violation;
    }

    private static void HandOver(ref NodeState me, int write) => (me.Row, me.RowEpoch, me.RowExpected, me.RowWrite, me.RowHasActor) =
        (RowPhase.Sent, me.CellEpoch, me.CellVersion, write, true);

    private static void ClearGuard(ref ModelState state, GuardPhase guard)
    {
        if (guard != GuardPhase.None)
        {
            state.Shared.ClearGuard();
        }
    }
}
