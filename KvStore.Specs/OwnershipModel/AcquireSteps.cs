namespace KvStore.Specs.OwnershipModel;

/// <content>
/// Acquisitions and takeovers: <c>TakeoverRule</c>, <c>OwnershipActor.Acquiring.cs</c>, <c>PostgresLeases.AcquireAsync</c>,
/// <c>LeaseTable.Acquired</c>.
/// </content>
internal sealed partial class Protocol
{
    private void Acquisitions(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        switch (me.Acquire)
        {
            case AcquirePhase.None:
                SendAcquire(state, node, steps);
                break;

            case AcquirePhase.Sent when _byStatements:
                if (IsExclusiveFree(state))
                {
                    var locked = state;
                    locked[node].Acquire = AcquirePhase.Locked;
                    steps.Add(locked, $"store: {Name(node)}'s acquisition has the shard's lock");
                }

                break;

            case AcquirePhase.Locked:
                // Only a renewal of the holder that is under way stands in the way of a shared lock of the holder's row.
                if (state.Shared.Holder != Holder.Of(1 - node) || (node == 0 ? state.B : state.A).Renewal != RenewalPhase.Started
                    || !_rules.Has(Rule.RenewalReadsAfterItsLock))
                {
                    var shared = state;
                    shared[node].Acquire = AcquirePhase.RowLocked;
                    steps.Add(shared, $"store: {Name(node)}'s acquisition has the holder's row");
                }

                break;

            case AcquirePhase.Sent or AcquirePhase.RowLocked:
                var executed = state;
                var isMine = Take(ref executed, node, Holder.Of(node), me.AcquireKind, me.CounterStands, me.Unregister != UnregisterPhase.Done);
                executed[node].ClearAcquire();
                if (isMine)
                {
                    (executed[node].Acquire, executed[node].AcquireValid, executed[node].AcquiredEpoch) =
                        (AcquirePhase.Answered, me.AcquireValid, executed.Shared.Epoch);
                }

                steps.Add(executed, $"store: {Name(node)}'s acquisition {(isMine ? $"gets epoch {executed.Shared.Epoch}" : "is refused")}");
                break;

            case AcquirePhase.Answered:
                var heard = state;
                heard[node].ClearAcquire();
                Acquired(ref heard[node], me.AcquiredEpoch, _rules.Has(Rule.AcquireGivesNoMoreThanTheNodeHad) ? me.AcquireValid : _ttl);
                steps.Add(heard, $"{Name(node)} hears of its acquisition and has {Table(heard[node])}");
                break;
        }

        if (_losses && me.Acquire is AcquirePhase.Sent or AcquirePhase.Answered)
        {
            var lost = state;
            Abandon(ref lost[node], isHeard: false);
            steps.Add(lost, $"{Name(node)} gives its acquisition up (it was {me.Acquire})");
        }

        Leftovers(state, node, steps);
    }

    private void SendAcquire(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (me.Held != 0 || me.HasEnded || state.Shared.Epoch == _epochs || (me.NodeValid == 0 && _rules.Has(Rule.OnlyLiveNodesAcquire)))
        {
            return;
        }

        AcquireKind? kind = state.Shared.Holder switch
        {
            Holder.Dead => MayTake(me.DeadStill) ? AcquireKind.FromDead : null,
            var holder when holder == Holder.Of(1 - node) => MayTake(me.PeerStill) ? AcquireKind.FromPeer : null,
            _ => AcquireKind.Free,
        };
        if (kind is { } known)
        {
            var sent = state;
            ref var asking = ref sent[node];
            (asking.Acquire, asking.AcquireKind, asking.AcquireValid) = (AcquirePhase.Sent, known, me.NodeValid);
            asking.CounterStands = known == AcquireKind.FromPeer;
            steps.Add(sent, $"{Name(node)} sends an acquisition, having seen that {HolderName(state.Shared.Holder)} holds the shard");
        }
    }

    private bool MayTake(int still) => still >= _ttl || !_rules.Has(Rule.TakerWaits);

    /// <summary>The acquiring transaction.</summary>
    /// <returns>Whether the shard was taken.</returns>
    private bool Take(ref ModelState state, int node, int taker, AcquireKind kind, bool counterStands, bool hasRow)
    {
        var holder = state.Shared.Holder;
        var isAllowed = hasRow && state.Shared.Epoch < _epochs && (holder == Holder.None || holder == taker || kind switch
        {
            AcquireKind.FromDead => holder == Holder.Dead,
            AcquireKind.FromPeer => holder == Holder.Of(1 - node) && (counterStands || !_rules.Has(Rule.AcquireComparesCounter)),
            _ => false,
        });
        if (isAllowed)
        {
            state.Shared.Holder = taker;
            state.Shared.Epoch++;
        }

        return isAllowed;
    }

    private static void Acquired(ref NodeState me, int epoch, int valid)
    {
        if (me.Held < epoch && !me.HasEnded)
        {
            me.Hold(epoch, valid);
        }
    }

    /// <summary>The attempt is over; its call may still be executed, if it was not.</summary>
    /// <param name="isHeard">Only the attempt is gone: the call's answer will arrive.</param>
    private static void Abandon(ref NodeState me, bool isHeard)
    {
        if (me.Acquire == AcquirePhase.Sent)
        {
            me.ClearLeftover();
            (me.Leftover, me.LeftoverKind, me.LeftoverCounterStands) =
                (isHeard ? LeftoverPhase.Heard : LeftoverPhase.Unheard, me.AcquireKind, me.CounterStands);
        }
        else if (me.Acquire == AcquirePhase.Answered && isHeard)
        {
            me.ClearLeftover();
            (me.Leftover, me.LeftoverEpoch) = (LeftoverPhase.Answered, me.AcquiredEpoch);
        }

        me.ClearAcquire();
    }

    private void Leftovers(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (me.Leftover is LeftoverPhase.Unheard or LeftoverPhase.Heard && (!_byStatements || IsExclusiveFree(state)))
        {
            var executed = state;
            var taker = me.LeftoverIsOfDead ? Holder.Dead : Holder.Of(node);
            var isTaken = Take(
                ref executed, node, taker, me.LeftoverKind, me.LeftoverCounterStands, me.LeftoverIsOfDead || me.Unregister != UnregisterPhase.Done);
            executed[node].ClearLeftover();
            if (isTaken && me.Leftover == LeftoverPhase.Heard)
            {
                (executed[node].Leftover, executed[node].LeftoverEpoch) = (LeftoverPhase.Answered, executed.Shared.Epoch);
            }

            steps.Add(executed, $"store: an acquisition that was given up "
                + $"{(isTaken ? $"gets {HolderName(taker)} epoch {executed.Shared.Epoch}" : "is refused")}");
        }
        else if (me.Leftover == LeftoverPhase.Answered)
        {
            var heard = state;
            ref var asking = ref heard[node];
            asking.ClearLeftover();
            if (me.Acquire != AcquirePhase.None)
            {
                // Taken for the answer of the attempt that is under way, with the validity of that one.
                Acquired(ref asking, me.LeftoverEpoch, me.AcquireValid);
                Abandon(ref asking, isHeard: false);
            }

            steps.Add(heard, $"{Name(node)} hears of an acquisition of before and has {Table(asking)}");
        }
    }

    /// <summary>Whether nothing has the shard's lock in either mode.</summary>
    private static bool IsExclusiveFree(in ModelState state) => IsFree(state.A) && IsFree(state.B);

    private static bool IsFree(in NodeState node) =>
        node.Acquire is not (AcquirePhase.Locked or AcquirePhase.RowLocked) && node.Row is not (RowPhase.Started or RowPhase.SettleStarted);

    /// <summary>Whether nobody has the shard's lock for himself alone.</summary>
    private static bool IsSharedFree(in ModelState state) => IsShareable(state.A) && IsShareable(state.B);

    private static bool IsShareable(in NodeState node) =>
        node.Acquire is not (AcquirePhase.Locked or AcquirePhase.RowLocked) && node.Row != RowPhase.SettleStarted;
}
