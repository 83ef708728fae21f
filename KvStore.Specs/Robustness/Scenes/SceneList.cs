using System.Collections.Immutable;
using KvStore.Specs.Robustness.SeededBugs;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>All scenes, and the seeded bugs that they were made for.</summary>
internal static class SceneList
{
    private static readonly ImmutableDictionary<string, Scene> ByBug = new Dictionary<string, Scene>
    {
        [nameof(SeededBugList.ReadWithoutLeaseCheck)] = ZombieScenes.ReadOfAFormerOwner,
        [nameof(SeededBugList.LocalReadWithoutProof)] = ZombieScenes.ReadOfAFormerOwner,
        [nameof(SeededBugList.WriteWithoutEpochCheck)] = ZombieScenes.LateWriteOfAFormerOwner,
        [nameof(SeededBugList.NoCompareAndSet)] = ZombieScenes.LateWriteOverANewerOne,
        [nameof(SeededBugList.CellWithoutEpoch)] = ZombieScenes.ShardThatCameBack,
        [nameof(SeededBugList.LoadEpochAtAnswer)] = ZombieScenes.LoadThatOutlivedItsEpoch,
        [nameof(SeededBugList.TakeoverWithoutWaiting)] = ZombieScenes.PauseWithinALongLease,
        [nameof(SeededBugList.ReleaseBeforeActorsStopped)] = ZombieScenes.ShardThatIsReadAllTheTime,
        [nameof(SeededBugList.RenewalInOneStatement)] = LeaseScenes.RenewalBehindATakeover,
        [nameof(SeededBugList.RenewalAddsShard)] = LeaseScenes.ReleaseBehindARenewal,
        [nameof(SeededBugList.ReleaseWithoutEpoch)] = LeaseScenes.ReleaseBehindAnAcquisition,
        [nameof(SeededBugList.ValidityFromAnswer)] = LeaseScenes.LateAnswerOfARenewal,
        [nameof(SeededBugList.AcquisitionRenewsLease)] = LeaseScenes.LateAnswerOfAnAcquisition,
        [nameof(SeededBugList.LockAndCheckInOneStatement)] = CommitScenes.CommitBehindATakeover,
        [nameof(SeededBugList.VerdictWithoutEpoch)] = CommitScenes.LostCommitOfAFormerOwner,
        [nameof(SeededBugList.ReplyBeforeCommit)] = KeyScenes.ReadBehindAHeldCommit,
        [nameof(SeededBugList.ConflictFromUncommitted)] = KeyScenes.GuardBehindAHeldCommit,
        [nameof(SeededBugList.TombstoneRemovedAtOnce)] = KeyScenes.DeletedAndPutAgain,
        [nameof(SeededBugList.ExpiredCommandExecuted)] = KeyScenes.RefusedWhileItLoads,
        [nameof(SeededBugList.NoSettling)] = SilenceScenes.CommitWhoseAnswerIsCut,
        [nameof(SeededBugList.WriteSentTwice)] = SilenceScenes.CommitThatTakesMostOfTheTime,
        [nameof(SeededBugList.UnknownToldAsNotApplied)] = SilenceScenes.CommitAfterTheAnswer,
        [nameof(SeededBugList.ListingSkipsSilentNode)] = SilenceScenes.ListingBesideASilentHolder,
        [nameof(SeededBugList.ValueTakenAfterCheck)] = CommitScenes.RefusedGuardBehindALateCommit,
    }.ToImmutableDictionary();

    public static ImmutableArray<Scene> All { get; } = [.. ByBug.Values.Distinct().OrderBy(scene => scene.Name, StringComparer.Ordinal)];

    public static IEnumerable<SeededBug> BugsWithScenes => SeededBugList.All.Where(bug => ByBug.ContainsKey(bug.Name));

    public static Scene Named(string name) => All.Single(scene => scene.Name == name);

    /// <summary>Null: none is needed to find it.</summary>
    public static Scene? For(SeededBug bug) => ByBug.GetValueOrDefault(bug.Name);
}
