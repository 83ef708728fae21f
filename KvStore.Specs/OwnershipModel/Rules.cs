namespace KvStore.Specs.OwnershipModel;

/// <summary>
/// The rules of the ownership protocol, each a switch of the model. <see cref="RuleDropped"/> says what happens without them;
/// the remarks name the specs that hold the code to each.
/// </summary>
internal enum Rule
{
    // Leases.

    /// <summary>A renewal is valid from before it was sent.</summary>
    /// <remarks><c>LeaseTableSpecs.An_answer_that_was_under_way_for_long_proves_little</c></remarks>
    ValidityCountsFromSending,

    /// <summary>A taker waits until the holder's counter has stood still for a TTL on the taker's own clock.</summary>
    /// <remarks><c>TakeoverRuleSpecs.A_holder_is_waited_out_for_eleven_tenths_of_its_own_ttl</c></remarks>
    TakerWaits,

    /// <summary>The acquiring transaction compares the counter again.</summary>
    /// <remarks><c>KeyStoreContract.A_shard_whose_holder_has_renewed_since_is_refused_and_the_answer_says_what_was_found</c></remarks>
    AcquireComparesCounter,

    /// <summary>A renewal raises the counter, and reads the leases in a statement after it.</summary>
    /// <remarks><c>PostgresFenceSpecs.A_renewal_that_met_an_acquisition_under_way_does_not_list_the_shard_as_its_own</c></remarks>
    RenewalReadsAfterItsLock,

    /// <summary>A renewal's answer extends and drops shards, and never adds one.</summary>
    /// <remarks><c>LeaseTableSpecs.A_renewal_never_adds_a_shard_but_names_it_as_a_stranger</c></remarks>
    RenewalAddsNothing,

    /// <summary>An acquisition's answer gives no more validity than the node had when it was sent.</summary>
    /// <remarks><c>LeaseTableSpecs.An_acquisition_gives_no_more_validity_than_the_node_had_when_it_was_sent</c></remarks>
    AcquireGivesNoMoreThanTheNodeHad,

    /// <summary>An acquisition's answer counts for the attempt that sent it, and for no later one.</summary>
    /// <remarks><c>OwnershipInterleavingSpecs.An_acquisition_that_was_dropped_adds_nothing_to_a_later_one</c></remarks>
    AcquireAnswersItsOwnAttempt,

    /// <summary>Only a node whose own lease is valid acquires.</summary>
    /// <remarks><c>OwnershipInterleavingSpecs.A_node_whose_own_lease_has_run_out_acquires_nothing</c></remarks>
    OnlyLiveNodesAcquire,

    /// <summary>A release names the epoch that it gives back.</summary>
    /// <remarks><c>KeyStoreContract.A_release_counts_only_with_the_epoch_that_is_held</c></remarks>
    ReleaseNamesItsEpoch,

    /// <summary>A shard leaves the lease table before its release is sent.</summary>
    /// <remarks><c>OwnershipInterleavingSpecs.A_shard_that_is_being_released_is_not_read_any_more</c></remarks>
    TableBeforeRelease,

    /// <summary>A shard is released when no actor and no row of it are left.</summary>
    /// <remarks><c>KeyOwnershipSpecs.A_hand_off_releases_the_shard_at_once_and_its_successor_serves</c></remarks>
    ReleaseAfterActorsStopped,

    // Reads.

    /// <summary>A read takes the value, and checks then.</summary>
    /// <remarks>No spec can get between the two: both are in one message of the actor.</remarks>
    ValueBeforeCheck,

    /// <summary>A cell carries its epoch, and the check is about that one.</summary>
    /// <remarks><c>LeaseTableSpecs.Another_epoch_than_the_held_one_is_lost</c></remarks>
    CellCarriesItsEpoch,

    /// <summary>That epoch is the one that was held when the load was sent.</summary>
    /// <remarks><c>OwnershipInterleavingSpecs.A_load_that_was_under_way_while_the_shard_was_lost_and_won_again_is_void</c></remarks>
    LoadCountsFromSending,

    /// <summary>A refused guard waits until the state that refused it is committed.</summary>
    /// <remarks><c>KeyActorSpecs.Nobody_is_ever_told_of_a_version_whose_commit_failed</c></remarks>
    GuardWaitsForCommit,

    /// <summary>A refused guard passes the check of a read.</summary>
    /// <remarks><c>OwnershipInterleavingSpecs.A_guard_that_waited_for_a_commit_is_not_refused_without_proof_of_the_lease</c></remarks>
    GuardChecksLease,

    // Writes.

    /// <summary>The transaction compares holder and epoch.</summary>
    /// <remarks><c>KeyOwnershipSpecs.A_write_under_an_epoch_that_is_over_is_fenced_and_refused</c></remarks>
    WriteComparesEpoch,

    /// <summary>It does so in a statement of its own, after the lock.</summary>
    /// <remarks><c>PostgresFenceSpecs.A_batch_that_waited_for_a_takeover_is_fenced_whatever_isolation_is_the_default</c></remarks>
    WriteChecksAfterItsLock,

    /// <summary>It writes where the stored version is the expected one.</summary>
    /// <remarks><c>KeyStoreContract.A_row_is_inserted_only_where_none_is_expected_and_replaced_only_where_the_version_is_the_expected_one</c></remarks>
    WriteComparesVersion,

    /// <summary>Callers are answered after the commit.</summary>
    /// <remarks><c>KeyActorSpecs.Nobody_is_ever_told_of_a_version_whose_commit_failed</c></remarks>
    ReplyAfterCommit,

    /// <summary>The cell has the new value before a caller has an answer.</summary>
    /// <remarks>No spec can get between the two: both are in one message of the actor.</remarks>
    CellBeforeReply,

    /// <summary>No incarnation loads a key that has a row in the writer.</summary>
    /// <remarks><c>KeyActorSpecs.A_load_waits_for_the_row_of_a_former_incarnation</c></remarks>
    NoLoadBesideARow,

    // Unknown outcomes.

    /// <summary>A transaction without an answer is settled before anybody goes on.</summary>
    /// <remarks><c>KeyOwnershipSpecs.While_a_row_is_being_settled_no_incarnation_loads_the_key</c></remarks>
    UnknownIsSettled,

    /// <summary>A settle raises the epoch, so that the transaction can land no more.</summary>
    /// <remarks><c>KeyStoreContract.Once_settled_the_batch_can_take_effect_no_more</c></remarks>
    SettleRaisesEpoch,

    /// <summary>The version proves something only while this node has held the shard all the time.</summary>
    /// <remarks><c>KeyStoreContract.A_shard_that_moved_on_is_lost_even_where_the_proposed_version_is_there</c></remarks>
    VerdictIsBoundToEpoch,

    /// <summary>The raised epoch voids the cells.</summary>
    /// <remarks><c>LeaseTableSpecs.A_settle_raises_only_the_epoch_that_it_settled</c></remarks>
    SettleVoidsCells,
}

/// <summary>Rules that are in force.</summary>
internal readonly record struct RuleSet(ulong Dropped)
{
    public static readonly RuleSet All = default;

    public bool Has(Rule rule) => (Dropped >> (int)rule & 1) == 0;

    public RuleSet Without(params ReadOnlySpan<Rule> rules)
    {
        var dropped = Dropped;
        foreach (var rule in rules)
        {
            dropped |= 1ul << (int)rule;
        }

        return new RuleSet(dropped);
    }
}
