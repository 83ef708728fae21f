namespace KvStore.Specs.OwnershipModel;

/// <content>What must hold in each state, beside what the steps look at themselves.</content>
internal sealed partial class Protocol
{
    /// <summary>What is wrong in this state, whatever led to it.</summary>
    public static Violations Judge(in ModelState state)
    {
        var violations = state.Shared.Version < state.Shared.Floor ? Violations.LostWrite : Violations.None;
        return IsMemoryStore(state.A, state.Shared.Version) && IsMemoryStore(state.B, state.Shared.Version)
            ? violations
            : violations | Violations.MemoryIsNotStore;
    }

    private static bool IsMemoryStore(in NodeState me, int version) =>
        me.Actor != ActorPhase.Ready || me.Row != RowPhase.None || me.CellVersion == version || !me.IsValid(me.CellEpoch);

    /// <summary>
    /// Takes messages away that can do nothing any more, so that states which differ only in them are one. Epochs and versions
    /// never fall, which the search itself would show if they did.
    /// </summary>
    public void Tidy(ref ModelState state)
    {
        for (var node = 0; node < 2; node++)
        {
            ref var me = ref state[node];
            if (me.OrphanEpoch != 0
                && ((_rules.Has(Rule.WriteComparesEpoch) && me.OrphanEpoch != state.Shared.Epoch)
                    || (_rules.Has(Rule.WriteComparesVersion) && me.OrphanExpected != state.Shared.Version)))
            {
                me.ClearOrphan();
            }

            if (me.ReleaseEpoch != 0 && _rules.Has(Rule.ReleaseNamesItsEpoch) && me.ReleaseEpoch != state.Shared.Epoch)
            {
                (me.ReleaseEpoch, me.ReleaseIsOfDead) = (0, false);
            }

            if (state.Shared.Epoch == _epochs)
            {
                if (me.Leftover is LeftoverPhase.Unheard or LeftoverPhase.Heard)
                {
                    me.ClearLeftover();
                }

                if (me.Acquire == AcquirePhase.Sent)
                {
                    me.ClearAcquire();
                }
            }
        }
    }
}
