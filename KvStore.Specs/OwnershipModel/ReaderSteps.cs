namespace KvStore.Specs.OwnershipModel;

/// <content>
/// Reads and refused guards: <c>KeyActor.Decide</c>, <c>KeyActor.WaitForProof</c>, <c>PendingWrites.AddRead</c>. A read takes
/// the cell and asks for the standing of its epoch in two steps, with anything in between, as a reader outside of the actor
/// might; the actor does no worse. It is asked for when its first step runs, which is when the most is known to be old.
/// </summary>
internal sealed partial class Protocol
{
    private void Reads(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (me is { Actor: ActorPhase.Ready } && me.IsValid(me.CellEpoch) && me.CellVersion > state.Shared.Floor)
        {
            var told = state;
            told.Shared.Floor = me.CellVersion;
            steps.Add(told, $"{Name(node)} answers a read with version {me.CellVersion}");
        }

        if (state.Shared.Read != ReadPhase.None)
        {
            return;
        }

        if (!_rules.Has(Rule.ValueBeforeCheck))
        {
            if (me is { Held: not 0, ShardValid: > 0 } && state.Shared.Floor > 0)
            {
                var check = state;
                (check.Shared.Read, check.Shared.ReadNode, check.Shared.ReadFloor) = (ReadPhase.Checked, node, state.Shared.Floor);
                steps.Add(check, $"{Name(node)} is asked for the value and finds its lease valid, {After(state)}");
            }
        }
        else if (me.Actor == ActorPhase.Ready && me.CellVersion < state.Shared.Floor)
        {
            var taken = state;
            (taken.Shared.Read, taken.Shared.ReadNode, taken.Shared.ReadEpoch) = (ReadPhase.Taken, node, me.CellEpoch);
            steps.Add(taken, $"{Name(node)} is asked for the value and takes version {me.CellVersion} of epoch {me.CellEpoch}, {After(state)}");
        }
    }

    private void FinishRead(in ModelState state, Steps steps)
    {
        if (state.Shared.Read == ReadPhase.None)
        {
            return;
        }

        var node = state.Shared.ReadNode;
        var me = node == 0 ? state.A : state.B;
        var isStale = state.Shared.Read == ReadPhase.Checked
            ? me.Actor == ActorPhase.Ready && me.CellVersion < state.Shared.ReadFloor
            : me.IsValid(_rules.Has(Rule.CellCarriesItsEpoch) ? state.Shared.ReadEpoch : Math.Max(1, me.Held));
        if (isStale)
        {
            var answered = state;
            answered.Shared.ClearRead();
            var how = state.Shared.Read == ReadPhase.Checked ? "takes the old value" : "finds its lease valid";
            steps.Add(answered, Violations.StaleRead, $"{Name(node)} {how} and answers the read");
        }
    }

    /// <summary>
    /// A guarded write that is refused by a state that is not committed yet. One that is refused by the committed state is a
    /// read, and like a read only a stale one is worth following.
    /// </summary>
    private void Guards(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (!configuration.Allows(Happenings.Guards) || me.Actor != ActorPhase.Ready || me.Held != me.CellEpoch)
        {
            return;
        }

        if (me.Row == RowPhase.None)
        {
            if (!_rules.Has(Rule.GuardChecksLease) && me.CellVersion < state.Shared.Floor)
            {
                steps.Add(state, Violations.StaleGuard, $"{Name(node)} refuses a guard by version {me.CellVersion}, {After(state)}");
            }

            return;
        }

        var tip = me.RowExpected + (me.NextWrite == 0 ? 1 : 2);
        if (!me.RowHasActor)
        {
            return;
        }

        if (!_rules.Has(Rule.GuardWaitsForCommit))
        {
            if (me.IsValid(me.CellEpoch) && tip > state.Shared.Version)
            {
                steps.Add(state, Violations.UncommittedGuard, $"{Name(node)} refuses a guard by version {tip}; the store has {state.Shared.Version}");
            }
        }
        else if (state.Shared.Guard == GuardPhase.None && tip < state.Shared.Floor)
        {
            var waits = state;
            (waits.Shared.Guard, waits.Shared.GuardNode) = (me.NextWrite == 0 ? GuardPhase.RowUnderWay : GuardPhase.NextRow, node);
            steps.Add(waits, $"{Name(node)} refuses a guard by version {tip}, {After(state)}, and waits for the commit");
        }
    }

    private static string After(in ModelState state) => $"after version {state.Shared.Floor} was told of";
}
