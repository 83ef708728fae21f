namespace KvStore.Specs.OwnershipModel;

/// <content>Releases: <c>OwnershipActor.Releasing.cs</c>, <c>PostgresLeases.ReleaseAsync</c>. They need no lock of the shard.</content>
internal sealed partial class Protocol
{
    private void Releases(in ModelState state, int node, Steps steps)
    {
        ref readonly var me = ref (node == 0 ? ref state.A : ref state.B);
        if (me.ReleaseEpoch != 0)
        {
            var executed = state;
            var giver = me.ReleaseIsOfDead ? Holder.Dead : Holder.Of(node);
            var counts = state.Shared.Holder == giver && (state.Shared.Epoch == me.ReleaseEpoch || !_rules.Has(Rule.ReleaseNamesItsEpoch));
            (executed[node].ReleaseEpoch, executed[node].ReleaseIsOfDead) = (0, false);
            if (counts)
            {
                executed.Shared.Holder = Holder.None;
            }

            steps.Add(executed, $"store: {HolderName(giver)}'s release of epoch {me.ReleaseEpoch} "
                + $"{(counts ? "gives the shard back" : "does nothing")}");
        }

        if (!configuration.Allows(Happenings.Releases))
        {
            return;
        }

        if (me.ReleaseEpoch != 0)
        {
            if (_losses)
            {
                var lost = state;
                (lost[node].ReleaseEpoch, lost[node].ReleaseIsOfDead) = (0, false);
                steps.Add(lost, $"{Name(node)}'s release of epoch {me.ReleaseEpoch} is lost");
            }
        }
        else if (me.Held != 0 && (me is { Actor: ActorPhase.None, Row: RowPhase.None } || !_rules.Has(Rule.ReleaseAfterActorsStopped)))
        {
            var sent = state;
            sent[node].ReleaseEpoch = me.Held;
            if (_rules.Has(Rule.TableBeforeRelease))
            {
                sent[node].Drop();
            }

            steps.Add(sent, $"{Name(node)} releases epoch {me.Held} and has {Table(sent[node])}");
        }
    }
}
