namespace KvStore.Specs.OwnershipModel;

/// <content>The key's actor: <c>KeyActor.Loading.cs</c>, <c>KeyActor.Writing.cs</c>, <c>PendingWrites</c>.</content>
internal sealed partial class Protocol
{
    private void Keys(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        switch (me.Actor)
        {
            case ActorPhase.None when me.Held != 0 && (me.Row == RowPhase.None || !_rules.Has(Rule.NoLoadBesideARow)):
                var sent = state;
                (sent[node].Actor, sent[node].CellEpoch) = (ActorPhase.LoadSent, me.Held);
                steps.Add(sent, $"{Name(node)} sends a load under epoch {me.Held}");
                break;

            case ActorPhase.LoadSent:
                var read = state;
                (read[node].Actor, read[node].CellVersion) = (ActorPhase.LoadAnswered, state.Shared.Version);
                steps.Add(read, $"store: {Name(node)}'s load reads version {state.Shared.Version}");
                break;

            case ActorPhase.LoadAnswered:
                var ready = state;
                ready[node].Actor = ActorPhase.Ready;
                if (!_rules.Has(Rule.LoadCountsFromSending) && me.Held != 0)
                {
                    ready[node].CellEpoch = me.Held;
                }

                steps.Add(ready, $"{Name(node)} has version {me.CellVersion} of epoch {ready[node].CellEpoch} in its cell");
                break;

            case ActorPhase.Ready when me.Held == me.CellEpoch && state.Shared.Writes < configuration.Writes:
                Put(state, node, steps);
                break;
        }

        if (me.Actor != ActorPhase.None && (me is not { Row: not RowPhase.None, RowHasActor: true } || configuration.Allows(Happenings.Crashes)))
        {
            var stopped = state;
            Stop(ref stopped, node);
            steps.Add(stopped, $"{Name(node)}'s actor {(me.RowHasActor ? "crashes" : "stops, or its cell is void")}");
        }
    }

    private void Put(in ModelState state, int node, Steps steps)
    {
        var next = state;
        ref var me = ref next[node];
        var write = state.Shared.Writes + 1;
        if (me.Row == RowPhase.None)
        {
            HandOver(ref me, write);
            next.Shared.Writes = write;
            if (!_rules.Has(Rule.ReplyAfterCommit))
            {
                next.Shared.Floor = Math.Max(next.Shared.Floor, me.RowExpected + 1);
            }

            steps.Add(next, $"{Name(node)} is asked for write {write} and sends it as version {me.RowExpected + 1}, epoch {me.RowEpoch}");
        }
        else if (me is { RowHasActor: true, NextWrite: 0 } && configuration.Allows(Happenings.Coalescing))
        {
            me.NextWrite = write;
            next.Shared.Writes = write;
            steps.Add(next, $"{Name(node)} is asked for write {write}, which waits behind write {me.RowWrite}");
        }
    }

    /// <summary>A stop, a crash, or the end of a void cell. The row, if there is one, goes on without the actor.</summary>
    private static void Stop(ref ModelState state, int node)
    {
        ref var me = ref state[node];
        me.ClearActor();
        me.RowHasActor = false;
        me.RowIsTold = false;
        if (state.Shared.GuardNode == node)
        {
            state.Shared.ClearGuard();
        }
    }
}
