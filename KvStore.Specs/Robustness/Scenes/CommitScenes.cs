using System.Net;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>Commits of a former owner that are on their way when it loses the key.</summary>
internal static class CommitScenes
{
    private const string Acquisition = "update shard_lease set holder";

    /// <summary>A's commit waits for the very transaction that takes the shard away, and must not go by what was true before.</summary>
    public static Scene CommitBehindATakeover => new(nameof(CommitBehindATakeover), async play =>
    {
        // Two beginnings: whoever takes the lock and compares the epoch in one statement begins otherwise.
        var commit = play.Hold(play.ProxyOfA, null, PostgresPoint.Before(PostgresPoint.SharedLocks), times: 1);
        var commitAtOnce = play.Hold(play.ProxyOfA, null, PostgresPoint.Before("with locked"), times: 1);
        var late = play.PutAsync(play.A);
        await play.UntilAsync("A's commit is held", () => Task.FromResult(commit.Hits + commitAtOnce.Hits > 0));
        using var stop = await play.StopCutOffAsync();
        var takeover = play.Hold(play.ProxyOfB, PostgresWork.Acquire, PostgresPoint.Before(Acquisition), times: 1);
        var read = play.GetAsync(play.B);
        await play.ReachesAsync(takeover, "B has the shard's lock, and has not taken the shard yet");

        // A stands still, so this is the only one that comes by.
        var end = play.Hold(play.ProxyOfA, null, PostgresPoint.Before("commit"), times: 1);
        commit.Release();
        commitAtOnce.Release();
        await play.UntilAsync("A's commit waits for the shard's lock", async () =>
            await play.QueryAsync<int>("select count(*)::int from pg_locks where locktype = 'advisory' and not granted") > 0);
        takeover.Release();
        await read;
        await play.ReachesAsync(end, "A's transaction is about to commit");
        end.Release();
        stop.Dispose();
        await ScenePlay.GiveAsync(late, ScenePlay.Moment);
        await play.GetAsync(play.B);
    })
    {
        RequestTimeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>A's write never came to the server, and B's has the version that A's would have had.</summary>
    public static Scene LostCommitOfAFormerOwner => new(nameof(LostCommitOfAFormerOwner), async play =>
    {
        var commit = play.Hold(play.ProxyOfA, PostgresWork.Commit, PostgresPoint.Before(), times: 1, whenClientGoes: WhenClientGoes.Drop);
        var lost = play.PutAsync(play.A);
        await play.ReachesAsync(commit, "A's commit is held");
        using var stop = await play.StopCutOffAsync();
        await play.MustPutAsync(play.B);
        play.ProxyOfA.KillConnections();
        stop.Dispose();
        await ScenePlay.GiveAsync(lost, ScenePlay.Patience);
    })
    {
        RequestTimeout = TimeSpan.FromSeconds(45),
    };

    /// <summary>
    /// A guard fails on a write of A's whose commit was made but not heard of; when A hears of it, B has gone on from there.
    /// </summary>
    public static Scene RefusedGuardBehindALateCommit => new(nameof(RefusedGuardBehindALateCommit), async play =>
    {
        var answer = play.Hold(play.ProxyOfA, PostgresWork.Commit, PostgresPoint.BeforeAnswer, times: 1);
        _ = play.PutAsync(play.A);
        await play.ReachesAsync(answer, "A's commit is made");
        play.HoldRenewalsOfA();
        using var stop = await play.StopCutOffAsync();
        await play.MustPutAsync(play.B);
        var guarded = play.PutAsync(play.A, ifVersion: 0);
        stop.Dispose();

        // Who allows a stale value is answered by the key's actor at once: what came before has been looked at by then.
        await play.UntilAsync("A's actor has seen the guarded write", async () =>
            await play.A.Process.GetStatusAsync($"/kv/{Uri.EscapeDataString(play.Key)}?consistency=stale", CancellationToken.None) == HttpStatusCode.OK
            && await play.A.Process.GetStatusAsync($"/kv/{Uri.EscapeDataString(play.Key)}?consistency=stale", CancellationToken.None) == HttpStatusCode.OK);
        answer.Release();
        await ScenePlay.GiveAsync(guarded, ScenePlay.Moment);
    })
    {
        RequestTimeout = TimeSpan.FromSeconds(30),
    };
}
