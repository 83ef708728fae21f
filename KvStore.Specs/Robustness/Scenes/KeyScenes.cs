using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>What the owner of a key tells while a commit or a load takes its time. Nothing fails in any of them.</summary>
internal static class KeyScenes
{
    /// <summary>For an answer that only a program with a bug gives while something is held.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <summary>A read that is sent when the write before it was answered, or could have been.</summary>
    public static Scene ReadBehindAHeldCommit => new(nameof(ReadBehindAHeldCommit), async play =>
    {
        var commit = HoldCommitOfA(play);
        var write = play.PutAsync(play.A);
        await play.ReachesAsync(commit, "A's commit is held");
        await ScenePlay.GiveAsync(write, Moment);
        await play.GetAsync(play.A);
        commit.Release();
        await write;
        await play.GetAsync(play.A);
    });

    /// <summary>A guard that fails only on a write which is not committed yet, and a read after its answer.</summary>
    public static Scene GuardBehindAHeldCommit => new(nameof(GuardBehindAHeldCommit), async play =>
    {
        var commit = HoldCommitOfA(play);
        var write = play.PutAsync(play.A);
        await play.ReachesAsync(commit, "A's commit is held");
        var guarded = play.PutAsync(play.A, ifVersion: 1);
        await ScenePlay.GiveAsync(guarded, Moment);
        await play.GetAsync(play.A);
        commit.Release();
        await Task.WhenAll(write, guarded);
    });

    /// <summary>The versions of a key go on when it is deleted, as often as it is.</summary>
    public static Scene DeletedAndPutAgain => new(nameof(DeletedAndPutAgain), async play =>
    {
        for (var turn = 0; turn < 2; turn++)
        {
            var deleted = await play.DeleteAsync(play.A);
            ScenePlay.Require(deleted.Outcome == Outcome.Done, "the key is deleted");
            await play.GetAsync(play.A);
            await play.PutAsync(play.A);
            await play.GetAsync(play.A);
        }
    });

    /// <summary>A write is refused because its key could not be loaded in time. Then it is loaded.</summary>
    public static Scene RefusedWhileItLoads => new(nameof(RefusedWhileItLoads), async play =>
    {
        var key = play.FindNeighbour();
        var load = play.Hold(play.ProxyOfA, PostgresWork.Load, PostgresPoint.Before());
        var write = play.PutAsync(play.A, key: key);
        await play.ReachesAsync(load, "A's load is held");
        ScenePlay.Require((await write).Outcome == Outcome.NotApplied, "the write is refused while its key is being loaded");
        load.Release();

        // What should not be there may be on its way to the store when the first read is answered.
        var end = DateTime.UtcNow + Moment;
        while ((await play.GetAsync(play.A, key)).Outcome != Outcome.Done && DateTime.UtcNow < end)
        {
            await Task.Delay(Moment / 10);
        }
    })
    {
        RequestTimeout = TimeSpan.FromSeconds(3),
    };

    private static PostgresProxyFault HoldCommitOfA(ScenePlay play) =>
        play.Hold(play.ProxyOfA, PostgresWork.Commit, PostgresPoint.Before(), times: 1);
}
