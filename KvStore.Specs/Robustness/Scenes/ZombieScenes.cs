using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>A node that was taken out of the cluster while it stood still, and goes on as if nothing had been.</summary>
internal static class ZombieScenes
{
    public static Scene ReadOfAFormerOwner => new(nameof(ReadOfAFormerOwner), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        await play.MustPutAsync(play.B);
        var waiting = play.GetAsync(play.A);
        stop.Dispose();
        await ScenePlay.GiveAsync(waiting, ScenePlay.Moment);
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    });

    /// <summary>B has only read the key, so that nothing but the fence is in the way of A's write.</summary>
    public static Scene LateWriteOfAFormerOwner => new(nameof(LateWriteOfAFormerOwner), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        play.HoldRenewalsOfA();
        await play.MustGetAsync(play.B);
        var late = play.PutAsync(play.A);
        stop.Dispose();
        await ScenePlay.GiveAsync(late, ScenePlay.Moment);
        await play.GetAsync(play.B);
    });

    public static Scene LateWriteOverANewerOne => new(nameof(LateWriteOverANewerOne), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        play.HoldRenewalsOfA();
        await play.MustPutAsync(play.B);
        var late = play.PutAsync(play.A);
        stop.Dispose();
        await ScenePlay.GiveAsync(late, ScenePlay.Moment);
        await play.GetAsync(play.B);
    });

    /// <summary>A holds the shard again, after B wrote the key; what A remembers of it is from before.</summary>
    public static Scene ShardThatCameBack => new(nameof(ShardThatCameBack), async play =>
    {
        var neighbour = play.FindNeighbour();
        using var stop = await play.StopCutOffAsync();
        await play.MustPutAsync(play.B);
        await play.EndBAsync();
        await play.UntilHolderIsAsync("");
        stop.Dispose();

        // The key itself must not be asked for before A has the shard: A would find its cell void at once.
        await play.GetAsync(play.A, neighbour);
        await play.UntilHolderIsAsync(play.A.Name);
        await play.GetAsync(play.A);
    });

    /// <summary>As <see cref="ShardThatCameBack"/>, for what A was just reading when it stood still.</summary>
    public static Scene LoadThatOutlivedItsEpoch => new(nameof(LoadThatOutlivedItsEpoch), async play =>
    {
        var neighbour = play.FindNeighbour();
        await play.UntilHolderIsAsync("");
        var load = play.Hold(play.ProxyOfA, PostgresWork.Load, PostgresPoint.BeforeAnswer, times: 1);
        _ = play.GetAsync(play.A);
        await play.ReachesAsync(load, "A's load of the key is executed");
        using var stop = await play.StopCutOffAsync();
        await play.MustPutAsync(play.B);
        await play.EndBAsync();
        await play.UntilHolderIsAsync("");
        stop.Dispose();
        await play.GetAsync(play.A, neighbour);
        await play.UntilHolderIsAsync(play.A.Name);
        load.Release();
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Patience);
    })
    {
        KeyIdleTimeout = TimeSpan.FromSeconds(1),
        RequestTimeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>
    /// The lease is long, so A's is valid all the time, and B takes A out of the cluster only because it hears nothing of it.
    /// </summary>
    public static Scene PauseWithinALongLease => new(nameof(PauseWithinALongLease), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        await ScenePlay.GiveAsync(play.PutAsync(play.B), play.LeaseTtl / 3);
        stop.Dispose();
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    })
    {
        LeaseTtl = TimeSpan.FromSeconds(30),
        StableAfter = TimeSpan.FromSeconds(3),
    };

    /// <summary>A has the shard in use all the time, so it must not give it back, however much B wants it.</summary>
    public static Scene ShardThatIsReadAllTheTime => new(nameof(ShardThatIsReadAllTheTime), async play =>
    {
        using var stop = await play.StopCutOffAsync();
        stop.Dispose();
        using var reading = play.KeepReading(play.A);
        await ScenePlay.GiveAsync(play.PutAsync(play.B), TimeSpan.FromSeconds(8));
        await ScenePlay.GiveAsync(play.GetAsync(play.A), ScenePlay.Moment);
    })
    {
        LeaseTtl = TimeSpan.FromSeconds(6),
        RequestTimeout = TimeSpan.FromSeconds(30),
    };
}
