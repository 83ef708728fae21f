using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>Answers that come late or not at all: the database's, a key's owner's, and that of a node which is to list its keys.</summary>
internal static class SilenceScenes
{
    private static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(2);

    /// <summary>Two writes are committed, and the answer is lost with the connection: one without a guard, one with.</summary>
    public static Scene CommitWhoseAnswerIsCut => new(nameof(CommitWhoseAnswerIsCut), async play =>
    {
        long? guard = null;
        for (var turn = 0; turn < 2; turn++)
        {
            var cut = play.CutOnce(play.ProxyOfA, PostgresWork.Commit, PostgresPoint.BeforeAnswer);
            var write = play.PutAsync(play.A, guard);
            await play.ReachesAsync(cut, "the answer of A's commit is lost");
            await write;
            guard = (await play.GetAsync(play.A)).Version;
        }
    });

    /// <summary>Whoever gives a write less than all of its time gives up on it before it is committed, and may not try again.</summary>
    public static Scene CommitThatTakesMostOfTheTime => new(
        nameof(CommitThatTakesMostOfTheTime), play => WriteAsync(play, commitTakes: RequestTime * 0.75))
    {
        RequestTimeout = RequestTime,
    };

    /// <summary>A write is committed when its time is over.</summary>
    public static Scene CommitAfterTheAnswer => new(
        nameof(CommitAfterTheAnswer), play => WriteAsync(play, commitTakes: RequestTime * 1.5))
    {
        RequestTimeout = RequestTime,
    };

    /// <summary>A stands still, though not for so long that its shards are taken, while B lists all keys.</summary>
    public static Scene ListingBesideASilentHolder => new(nameof(ListingBesideASilentHolder), async play =>
    {
        using var pause = play.PauseA();
        var listed = await play.ListAsync(play.B);
        ScenePlay.Require(listed.Outcome == Outcome.Done, "the listing comes to its end");
        pause.Dispose();
        await play.ListAsync(play.B);
    })
    {
        LeaseTtl = TimeSpan.FromSeconds(9),
    };

    private static async Task WriteAsync(ScenePlay play, TimeSpan commitTakes)
    {
        var commit = play.Hold(play.ProxyOfA, PostgresWork.Commit, PostgresPoint.Before(), times: 1, atMost: commitTakes);
        var write = play.PutAsync(play.B);
        await play.ReachesAsync(commit, "A's commit is held");
        await write;

        // Waits for the held one, and so has its answer when that is committed.
        await play.PutAsync(play.A);
        await play.GetAsync(play.B);
    }
}
