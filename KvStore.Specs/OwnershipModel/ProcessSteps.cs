namespace KvStore.Specs.OwnershipModel;

/// <content>The clock, kills, the end of a membership: <c>OwnershipActor.EndMembership</c>, <c>DropAll</c>, <c>GiveUp</c>.</content>
internal sealed partial class Protocol
{
    private void Tick(in ModelState state, Steps steps)
    {
        var next = state;
        for (var node = 0; node < 2; node++)
        {
            ref var me = ref next[node];
            me.ShardValid = Math.Max(0, me.ShardValid - 1);
            me.NodeValid = Math.Max(0, me.NodeValid - 1);
            me.AcquireValid = Math.Max(0, me.AcquireValid - 1);
            me.SettleValid = Math.Max(0, me.SettleValid - 1);
            me.RenewalAge = me.Renewal == RenewalPhase.None ? 0 : Math.Min(_ttl, me.RenewalAge + 1);
            me.PeerStill = Math.Min(_ttl, me.PeerStill + 1);
            me.DeadStill = next.Shared.HasRestarted ? Math.Min(_ttl, me.DeadStill + 1) : 0;
        }

        steps.Add(next, $"a tick passes");
    }

    private void Processes(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (configuration.Allows(Happenings.Restart) && !state.Shared.HasRestarted)
        {
            var killed = state;
            Restart(ref killed, node);
            steps.Add(killed, $"{Name(node)}'s process is killed, and another one starts in its place");
        }

        if (configuration.Allows(Happenings.DropAll) && !me.HasEnded && (me.Held != 0 || me.Acquire != AcquirePhase.None))
        {
            var dropped = state;
            DropAll(ref dropped[node]);
            steps.Add(dropped, $"{Name(node)} drops all that it holds and all that it waits for");
        }

        if (configuration.Allows(Happenings.Leaving))
        {
            Leave(state, node, steps);
        }
    }

    /// <summary>Nothing is held any more, and no acquisition that was sent before this may add anything.</summary>
    private void DropAll(ref NodeState me)
    {
        me.Drop();
        me.NodeValid = 0;
        if (me.Acquire != AcquirePhase.None)
        {
            Abandon(ref me, isHeard: !_rules.Has(Rule.AcquireAnswersItsOwnAttempt));
        }
    }

    private void Leave(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        var next = state;
        ref var leaving = ref next[node];
        if (!me.HasEnded)
        {
            leaving.HasEnded = true;
            DropAll(ref leaving);
            steps.Add(next, $"{Name(node)} is a member no more and drops everything");
        }
        else if (me.Unregister == UnregisterPhase.None)
        {
            leaving.Unregister = UnregisterPhase.Sent;
            steps.Add(next, $"{Name(node)} unregisters");
        }
        else if (me.Unregister == UnregisterPhase.Sent)
        {
            leaving.Unregister = UnregisterPhase.Done;
            if (state.Shared.Holder == Holder.Of(node))
            {
                next.Shared.Holder = Holder.None;
            }

            ForgetCounter(ref next[1 - node]);
            steps.Add(next, $"store: {Name(node)}'s row is gone, and what it held is free");
        }
    }

    /// <summary>
    /// What the process remembered is gone; its successor has another node id. Of what it had sent, the last write, the last
    /// acquisition and the last release may still be executed, in the dead process's name.
    /// </summary>
    private static void Restart(ref ModelState state, int node)
    {
        ref var me = ref state[node];
        ref var peer = ref state[1 - node];
        var born = default(NodeState);
        if (me.Row is RowPhase.Sent or RowPhase.Started)
        {
            (born.OrphanEpoch, born.OrphanExpected, born.OrphanWrite, born.OrphanIsOfDead) = (me.RowEpoch, me.RowExpected, me.RowWrite, true);
        }
        else if (me.OrphanEpoch != 0)
        {
            (born.OrphanEpoch, born.OrphanExpected, born.OrphanWrite, born.OrphanIsOfDead) = (me.OrphanEpoch, me.OrphanExpected, me.OrphanWrite, true);
            born.OrphanIsDisowned = me.OrphanIsDisowned;
        }

        if (me.Acquire != AcquirePhase.None)
        {
            Abandon(ref me, isHeard: false);
        }

        if (me.Leftover is LeftoverPhase.Unheard or LeftoverPhase.Heard && me.Unregister != UnregisterPhase.Done)
        {
            (born.Leftover, born.LeftoverKind, born.LeftoverCounterStands, born.LeftoverIsOfDead) =
                (LeftoverPhase.Unheard, me.LeftoverKind, me.LeftoverCounterStands, true);
        }

        (born.ReleaseEpoch, born.ReleaseIsOfDead) = (me.ReleaseEpoch, me.ReleaseEpoch != 0);
        me = born;

        // The peer has seen the dead process's counter, and will never see it move again.
        (peer.DeadStill, peer.PeerStill) = (peer.PeerStill, 0);
        if (peer.AcquireKind == AcquireKind.FromPeer)
        {
            (peer.AcquireKind, peer.CounterStands) = (AcquireKind.FromDead, false);
        }

        if (peer.LeftoverKind == AcquireKind.FromPeer)
        {
            (peer.LeftoverKind, peer.LeftoverCounterStands) = (AcquireKind.FromDead, false);
        }

        state.Shared.HasRestarted = true;
        state.Shared.Holder = state.Shared.Holder == Holder.Of(node) ? Holder.Dead : state.Shared.Holder;
        if (state.Shared.ReadNode == node)
        {
            state.Shared.ClearRead();
        }

        if (state.Shared.GuardNode == node)
        {
            state.Shared.ClearGuard();
        }
    }
}
