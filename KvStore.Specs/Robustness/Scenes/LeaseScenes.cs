using System.Diagnostics;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>Renewals, acquisitions and releases that overtake one another on their way.</summary>
internal static class LeaseScenes
{
    private const string Acquisition = "update shard_lease set holder";

    /// <summary>The renewal waits for the very transaction that takes the shard away, and must not answer what was true before.</summary>
    public static Scene RenewalBehindATakeover => new(nameof(RenewalBehindATakeover), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        var takeover = play.Hold(play.ProxyOfB, PostgresWork.Acquire, PostgresPoint.Before(Acquisition), times: 1);
        var read = play.GetAsync(play.B);
        await play.ReachesAsync(takeover, "B has locked A's row, and has not taken the shard yet");
        stop.Dispose();
        await play.UntilAsync("A's renewal waits for its row", async () => await play.QueryAsync<int>(
            "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0);

        // All that A asks of the store after it, and not only renewals: nothing else may tell it what happened.
        play.Hold(play.ProxyOfA, null, PostgresPoint.Before());
        takeover.Release();
        await read;
        await play.MustPutAsync(play.B);
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    });

    /// <summary>
    /// A has given up the shard, but the store has not heard of it when A renews. By then A wants it again, and so does not give
    /// it back a second time; it has not got it.
    /// </summary>
    public static Scene ReleaseBehindARenewal => new(nameof(ReleaseBehindARenewal), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        stop.Dispose();
        var release = await play.GivesBackAsync();
        var acquisition = play.Hold(play.ProxyOfA, PostgresWork.Acquire, PostgresPoint.Before());
        _ = play.GetAsync(play.A);
        await play.ReachesAsync(acquisition, "A wants the shard again");
        var renewed = play.Watch(play.ProxyOfA, PostgresWork.Renew, PostgresPoint.AfterAnswer);
        await play.ReachesAsync(renewed, "A has renewed");
        await play.ReachesAsync(play.HoldRenewalsOfA(), "A has taken in what its renewal brought, and wants to renew again");

        await play.LetGoAsync(release);

        // The key's own actor waits for the acquisition, the neighbour's would not. An absent key is not kept in memory.
        var neighbour = play.FindNeighbour();
        for (var write = 0; write < 2; write++)
        {
            await ScenePlay.GiveAsync(play.PutAsync(play.B, key: neighbour), ScenePlay.Moment);
            await ScenePlay.GiveAsync(play.GetAsync(play.A, neighbour), TimeSpan.FromSeconds(0.5));
        }
    })
    {
        LeaseTtl = TimeSpan.FromSeconds(6),
        LockTimeout = TimeSpan.FromSeconds(2),
        StableAfter = TimeSpan.FromSeconds(20),
        KeyIdleTimeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>
    /// A has given up the shard and taken it again, and the store hears of the former after the latter. A is alone, so that the
    /// shard is B's then, and not A's once more.
    /// </summary>
    public static Scene ReleaseBehindAnAcquisition => new(nameof(ReleaseBehindAnAcquisition), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        stop.Dispose();
        var release = await play.GivesBackAsync();
        play.HoldRenewalsOfA();

        // Asked for all the time, so that it stays in A's memory.
        await play.MustGetAsync(play.A);
        using var reading = play.KeepReading(play.A);
        await play.LetGoAsync(release);
        await ScenePlay.GiveAsync(play.PutAsync(play.B), ScenePlay.Moment);
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    })
    {
        KeyIdleTimeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>The answer comes late, but within its time; B counts from when the counter rose, and so must A.</summary>
    public static Scene LateAnswerOfARenewal => new(nameof(LateAnswerOfARenewal), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        var answer = play.Hold(play.ProxyOfA, PostgresWork.Renew, PostgresPoint.BeforeAnswer, times: 1, atMost: TimeSpan.FromSeconds(2.7));
        stop.Dispose();
        await play.ReachesAsync(answer, "A's renewal is executed");
        play.HoldRenewalsOfA();

        // The edge tries again and again, and with each try B looks at A's counter.
        var takeover = play.MustGetAsync(play.B);

        // A busy A gives the renewal up after a third of the TTL, and has nothing to believe in then.
        await play.MustGetAsync(play.A);
        using var reading = play.KeepReading(play.A);
        await takeover;
        await play.MustPutAsync(play.B);
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    })
    {
        LeaseTtl = TimeSpan.FromSeconds(9),
        LockTimeout = TimeSpan.FromSeconds(3),
        StableAfter = TimeSpan.FromSeconds(13),
    };

    /// <summary>
    /// A takes a free shard near the end of its lease, and hears of it when B has waited that lease out and taken the shard.
    /// </summary>
    public static Scene LateAnswerOfAnAcquisition => new(nameof(LateAnswerOfAnAcquisition), async play =>
    {
        await play.UntilHolderIsAsync("");
        using var stop = await play.StopCutOffAsync();
        var renewed = play.Watch(play.ProxyOfA, PostgresWork.Renew, PostgresPoint.AfterAnswer);
        stop.Dispose();
        await play.ReachesAsync(renewed, "A has renewed");
        play.HoldRenewalsOfA();
        var answer = play.Hold(play.ProxyOfA, PostgresWork.Acquire, PostgresPoint.BeforeAnswer, times: 1);

        // The only step that is told in time, and not by what can be seen: the lease is about to end.
        await Task.Delay(play.LeaseTtl * 0.75);
        var reading = play.GetAsync(play.A);
        await play.ReachesAsync(answer, "A's acquisition is executed");
        var waiting = Stopwatch.StartNew();
        await play.MustPutAsync(play.B);
        if (waiting.Elapsed > play.LeaseTtl * 0.95)
        {
            throw new SceneNotPlayedException("A gives an acquisition up after a TTL (three times LockTimeout), and B took longer.");
        }

        answer.Release();
        await ScenePlay.GiveAsync(reading, ScenePlay.Moment);
        await play.MustPutAsync(play.B);
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    })
    {
        LeaseTtl = TimeSpan.FromSeconds(6),
        LockTimeout = TimeSpan.FromSeconds(2),
        KeyIdleTimeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>Waits until A gives back the shard that nobody uses any more, and holds that on its way.</summary>
    private static async Task<PostgresProxyFault> GivesBackAsync(this ScenePlay play)
    {
        var release = play.Hold(play.ProxyOfA, PostgresWork.Release, PostgresPoint.Before());
        await play.ReachesAsync(release, "A gives the shard back, which nobody uses any more");
        return release;
    }

    private static async Task LetGoAsync(this ScenePlay play, PostgresProxyFault release)
    {
        var released = play.Watch(play.ProxyOfA, PostgresWork.Release, PostgresPoint.AfterAnswer);
        release.Release();
        await play.ReachesAsync(released, "the store hears of the release");
    }
}
