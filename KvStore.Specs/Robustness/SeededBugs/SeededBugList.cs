using System.Collections.Immutable;

namespace KvStore.Specs.Robustness.SeededBugs;

/// <summary>
/// Every seeded bug. The comment of each says which faults expose it, on real processes, to clients that know nothing but
/// their answers, and how. Words that come again in them:
/// <list type="bullet">
/// <item><b>A</b> is the node that owns the key k in the beginning, <b>B</b> the one that comes after it. TTL is
/// <c>LeaseTtl</c>, k's value v0 then v1, its shard's epoch 1 then 2.</item>
/// <item><b>Held</b>: a proxy between a node and PostgreSQL keeps a transaction of one kind from going on, at a point that is
/// named; the database goes on by itself with what it has got.</item>
/// <item><b>The zombie</b>: A is cut off from its peers (not from the database or the clients) and stopped by SIGSTOP until B
/// has downed it and has its shards, then continued. Until its own split-brain resolver has waited for <c>StableAfter</c>, A
/// takes itself for a member, its region for the home of its keys, and answers. This is the only way to have a key on two nodes
/// at a time, which most rules are about: where no node is stopped, both sides of a partition end at the same moment. It may
/// renew again, as nobody acquires a shard that nobody asks B for.</item>
/// </list>
/// Steps that need no order are those of the random schedule; those that need one belong in a scenario.
/// </summary>
internal static partial class SeededBugList
{
    private const string LocalKeys = "KvStore.Node/Keys/LocalKeys.cs";
    private const string KeyActor = "KvStore.Node/Keys/KeyActor.cs";
    private const string KeyActorLoading = "KvStore.Node/Keys/KeyActor.Loading.cs";
    private const string KeyActorWriting = "KvStore.Node/Keys/KeyActor.Writing.cs";
    private const string KeyActorWaiting = "KvStore.Node/Keys/KeyActor.Waiting.cs";
    private const string LeaseTable = "KvStore.Node/Ownership/LeaseTable.cs";
    private const string Ownership = "KvStore.Node/Ownership/OwnershipActor.cs";
    private const string OwnershipAcquiring = "KvStore.Node/Ownership/OwnershipActor.Acquiring.cs";
    private const string OwnershipReleasing = "KvStore.Node/Ownership/OwnershipActor.Releasing.cs";
    private const string TakeoverRule = "KvStore.Node/Ownership/TakeoverRule.cs";
    private const string Writer = "KvStore.Node/Storage/GroupCommitWriter.cs";
    private const string PostgresCommits = "KvStore.Node/Storage/Postgres/PostgresCommits.cs";
    private const string PostgresLeases = "KvStore.Node/Storage/Postgres/PostgresLeases.cs";
    private const string ShardLocks = "KvStore.Node/Storage/Postgres/ShardLocks.cs";
    private const string SqliteCommits = "KvStore.Node/Storage/Sqlite/SqliteCommits.cs";
    private const string SqliteLeases = "KvStore.Node/Storage/Sqlite/SqliteLeases.cs";
    private const string AttemptPolicy = "KvStore.Http/Gateway/AttemptPolicy.cs";
    private const string KeyGateway = "KvStore.Http/Gateway/KeyGateway.cs";
    private const string KeyListing = "KvStore.Http/Gateway/Listing/KeyListing.cs";

    public static ImmutableArray<SeededBug> All { get; } =
    [
        ReplyBeforeCommit,
        ReadWithoutLeaseCheck,
        LocalReadWithoutProof,
        ValueTakenAfterCheck,
        CellWithoutEpoch,
        WriteWithoutEpochCheck,
        LockAndCheckInOneStatement,
        RenewalInOneStatement,
        ValidityFromAnswer,
        RenewalAddsShard,
        ReleaseWithoutEpoch,
        ReleaseBeforeActorsStopped,
        NoCompareAndSet,
        NoSettling,
        ConflictFromUncommitted,
        TombstoneRemovedAtOnce,
        ExpiredCommandExecuted,
        WriteSentTwice,
        LoadEpochAtAnswer,
        TakeoverWithoutWaiting,
        AcquisitionRenewsLease,
        VerdictWithoutEpoch,
        UnknownToldAsNotApplied,
        ListingSkipsSilentNode,
    ];

    public static SeededBug Named(string name) => All.Single(bug => bug.Name == name);

    private static SourceEdit Edit(string file, string find, string replacement) => new(file, find, replacement);
}
