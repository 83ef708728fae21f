namespace KvStore.Specs.OwnershipModel;

/// <summary>What happens without a rule: the smallest configuration that shows it, and what is seen there.</summary>
/// <param name="Expected">Searched for alone; <see cref="Violations.None"/>: nothing wrong is ever seen.</param>
internal sealed record RuleDropped(ModelConfiguration Configuration, Violations Expected)
{
    private const Happenings Unknowns = Happenings.Unknowns;

    /// <summary>Rules whose absence shows by itself.</summary>
    public static readonly IReadOnlyList<RuleDropped> Alone =
    [
        Of(Rule.ValidityCountsFromSending, Violations.StaleRead),
        Of(Rule.TakerWaits, Violations.StaleRead),
        Of(Rule.AcquireComparesCounter, Violations.StaleRead),
        Of(Rule.RenewalReadsAfterItsLock, Violations.StaleRead),
        Of(Rule.RenewalAddsNothing, Violations.StaleRead, Happenings.Releases),
        Of(Rule.AcquireGivesNoMoreThanTheNodeHad, Violations.StaleRead),
        Of(Rule.AcquireAnswersItsOwnAttempt, Violations.StaleRead, Happenings.DropAll | Happenings.Releases),
        Of(Rule.ReleaseNamesItsEpoch, Violations.StaleRead, Happenings.Releases, epochs: 3),
        Of(Rule.TableBeforeRelease, Violations.StaleRead, Happenings.Releases),
        Of(Rule.ValueBeforeCheck, Violations.StaleRead, epochs: 3),
        Of(Rule.CellCarriesItsEpoch, Violations.StaleRead, epochs: 3),
        Of(Rule.LoadCountsFromSending, Violations.StaleRead, epochs: 3),
        Of(Rule.GuardWaitsForCommit, Violations.UncommittedGuard, Happenings.Guards),
        Of(Rule.GuardChecksLease, Violations.StaleGuard, Happenings.Guards, writes: 2),
        Of(Rule.WriteComparesEpoch, Violations.StaleRead),
        Of(Rule.WriteChecksAfterItsLock, Violations.StaleRead),
        Of(Rule.ReplyAfterCommit, Violations.StaleRead),
        Of(Rule.CellBeforeReply, Violations.StaleRead),
        Of(Rule.NoLoadBesideARow, Violations.MemoryIsNotStore, Happenings.Crashes),
        Of(Rule.UnknownIsSettled, Violations.MemoryIsNotStore, Unknowns),
        Of(Rule.SettleRaisesEpoch, Violations.FalseNotApplied, Unknowns),
        Of(Rule.VerdictIsBoundToEpoch, Violations.FalseApplied, Unknowns, writes: 2),
        Of(Rule.SettleVoidsCells, Violations.StaleRead, Unknowns),
    ];

    /// <summary>
    /// Rules that stand behind another one, or that are there so that the system goes on: without them nothing wrong is shown.
    /// The configurations are exhausted, so this is a result and not a lack of patience.
    /// </summary>
    public static readonly IReadOnlyList<RuleDropped> Unnoticed =
    [
        // Two nodes take a shard from each other at once, for ever. It is the answer's validity that keeps reads right.
        Of(Rule.OnlyLiveNodesAcquire, Violations.None, Happenings.Releases),
        // Cells of a shard that has left the table are void, and their writes are fenced. Rows that are settled get a clear verdict.
        Of(Rule.ReleaseAfterActorsStopped, Violations.None, Happenings.Releases | Unknowns),
        // A cell that may write is what the store has, as long as no transaction can land beside it.
        Of(Rule.WriteComparesVersion, Violations.None, Unknowns, writes: 2),
    ];

    /// <summary>Those rules again, each dropped together with the one that it stands behind.</summary>
    public static readonly IReadOnlyList<RuleDropped> Together =
    [
        Of([Rule.OnlyLiveNodesAcquire, Rule.AcquireGivesNoMoreThanTheNodeHad], Violations.StaleRead, Happenings.None),
        Of([Rule.ReleaseAfterActorsStopped, Rule.TableBeforeRelease], Violations.StaleRead, Happenings.Releases),
        Of([Rule.WriteComparesVersion, Rule.UnknownIsSettled], Violations.VersionReused, Unknowns, writes: 2),
    ];

    private static RuleDropped Of(Rule rule, Violations expected, Happenings may = Happenings.None, int epochs = 2, int writes = 1) =>
        Of([rule], expected, may, epochs, writes);

    private static RuleDropped Of(Rule[] rules, Violations expected, Happenings may, int epochs = 2, int writes = 1)
    {
        var configuration = new ModelConfiguration("smallest", may, Ttl: 1, epochs, writes).Without(rules);
        return new(expected == Violations.None ? configuration : configuration with { WatchedFor = expected }, expected);
    }
}
