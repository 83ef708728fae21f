using KvStore.Messages.Keys;
using KvStore.Node.Storage;
using KvStore.Specs.Node.Storage;
using KvStore.Specs.Support;
using static KvStore.Specs.Node.Storage.PostgresFaults;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What the proxy does to transactions, and what that means to the store.</summary>
public sealed class PostgresProxySpecs
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_whose_answer_is_cut_is_unknown_and_settles_as_applied(bool isReset)
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        var cut = stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.BeforeAnswer, new PostgresProxyAction.Cut(Reset: isReset));
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [row]));
        Assert.Equal([SettledRow.Applied], await SettledAsync(stage, row));
        Assert.Equal((1, 1L), (cut.Hits, stage.Proxy.Counts.Cuts));
    }

    [SkippableFact]
    public async Task A_commit_that_is_cut_after_its_last_statement_is_applied_though_nobody_waits_for_it()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.BeforeSync, new PostgresProxyAction.Cut());
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [row]));
        await EventuallyAsync(async () => await stage.Direct.Store.LoadAsync(0, Key.Parse("k")) is not null);
    }

    [SkippableFact]
    public async Task A_commit_that_is_cut_before_its_last_statement_settles_as_not_applied()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        var rows = stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.After("insert into kv"), new PostgresProxyAction.Watch());
        stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.Before("commit"), new PostgresProxyAction.Cut());
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [row]));
        Assert.Equal(1, rows.Hits);
        Assert.Equal([SettledRow.NotApplied], await SettledAsync(stage, row));
    }

    /// <summary>Somewhere in the first statement's text, in the head of a message, and in the value.</summary>
    [SkippableTheory]
    [InlineData(20)]
    [InlineData(39)]
    [InlineData(500_000)]
    public async Task A_commit_is_cut_at_any_byte(long at)
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1) with { Value = JsonText.Of($"\"{new string('x', 1 << 20)}\"") };
        var cut = stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.RequestBytes(at), new PostgresProxyAction.Cut());
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [row]));
        Assert.Equal(1, cut.Hits);
        Assert.Equal([SettledRow.NotApplied], await SettledAsync(stage, row));
    }

    [SkippableFact]
    public async Task A_commit_whose_answer_is_cut_in_the_middle_settles_as_applied()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.AnswerBytes(17), new PostgresProxyAction.Cut());
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [row]));
        Assert.Equal([SettledRow.Applied], await SettledAsync(stage, row));
    }

    [SkippableFact]
    public async Task A_commit_whose_answer_is_swallowed_is_unknown_only_when_its_time_is_over()
    {
        var timeout = TimeSpan.FromSeconds(3);
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, commitTimeout: timeout);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        var swallow = stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.BeforeAnswer, new PostgresProxyAction.Swallow());
        var commit = stage.Store.CommitAsync(A, [row]);
        await swallow.Reached.WaitAsync(Soon);
        Assert.NotNull(await stage.Direct.Store.LoadAsync(0, Key.Parse("k")));
        Assert.Contains("did not answer", Assert.IsType<CommitResult.Unknown>(await commit).Cause.Message, StringComparison.Ordinal);
        Assert.Equal([SettledRow.Applied], await SettledAsync(stage, row));
    }

    [SkippableFact]
    public async Task A_commit_that_is_held_for_longer_than_the_client_waits_and_let_go_after_the_settle_is_fenced()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, commitTimeout: TimeSpan.FromSeconds(3));
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        using var hold = stage.Proxy.Add(
            PostgresWork.Commit,
            PostgresPoint.Before(PostgresPoint.SharedLocks),
            new PostgresProxyAction.Hold(Long, WhenClientGoes.LetThrough));
        using var end = stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.BeforeCompletion("COMMIT"), new PostgresProxyAction.Watch());
        var commit = stage.Store.CommitAsync(A, [row]);
        await hold.Reached.WaitAsync(Soon);
        Assert.IsType<CommitResult.Unknown>(await commit);
        Assert.Equal([SettledRow.NotApplied], await SettledAsync(stage, row));
        Assert.False(end.Reached.IsCompleted);
        hold.Release();
        await end.Reached.WaitAsync(Soon);
        Assert.Null(await stage.Direct.Store.LoadAsync(0, Key.Parse("k")));
    }

    [SkippableFact]
    public async Task A_commit_that_is_held_for_a_time_goes_on_after_it()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        var time = TimeSpan.FromMilliseconds(300);
        stage.Proxy.Add(PostgresWork.Commit, PostgresPoint.BeforeReady, new PostgresProxyAction.Hold(time, WhenClientGoes.Drop));
        var start = TimeProvider.System.GetTimestamp();
        var commit = Assert.IsType<CommitResult.Committed>(await stage.Store.CommitAsync(A, [row]));
        Assert.Equal([RowOutcome.Applied], commit.Rows.AsEnumerable());
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= time);
    }

    [SkippableFact]
    public async Task An_acquisition_that_is_held_after_its_locks_keeps_the_holders_renewal_waiting()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var epoch = await stage.Direct.AcquireAsync(A);
        using var hold = stage.Proxy.Add(
            PostgresWork.Acquire, PostgresPoint.Before("update shard_lease"), new PostgresProxyAction.Hold(Long, WhenClientGoes.Drop));
        var acquisition = stage.Store.AcquireAsync(new AcquireRequest(0, B, A, 0));
        await hold.Reached.WaitAsync(Soon);
        // With a patience of its own: that of a renewal is over soon.
        var renewal = stage.Direct.HoldAsync($"update node set counter = counter + 1 where node_id = '{A}'; commit");
        await stage.Direct.TheyWaitAsync(1, or: renewal);
        Assert.False(renewal.IsCompleted);
        Assert.False(acquisition.IsCompleted);
        hold.Release();
        Assert.Equal(new AcquireResult.Acquired(epoch + 1), await acquisition);
        await renewal.WaitAsync(Soon);
    }

    /// <summary>The server waits for the rest of the batch, and no time-out of its own ends that.</summary>
    [SkippableFact]
    public async Task A_batch_that_is_cut_after_its_locks_on_the_clients_side_alone_keeps_them_until_they_are_broken()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, TimeSpan.FromMilliseconds(300));
        var epoch = await stage.Direct.AcquireAsync(A);
        stage.Proxy.Add(
            PostgresWork.Commit, PostgresPoint.After(PostgresPoint.SharedLocks), new PostgresProxyAction.Cut(PostgresProxyEnds.Client));
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [Row("k", epoch, 0, 1)]));
        await EventuallyAsync(() => HoldsLockAsync(stage));
        Assert.IsType<AcquireResult.LockTimedOut>(await stage.Direct.Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 7)));
        Assert.True(await HoldsLockAsync(stage));
        Assert.IsType<AcquireResult.LockTimedOut>(await stage.Direct.Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 0)));
        await EventuallyAsync(async () => await stage.Direct.Store.AcquireAsync(new AcquireRequest(0, B, A, 0)) is AcquireResult.Acquired);
        Assert.Null(await stage.Direct.Store.LoadAsync(0, Key.Parse("k")));
    }

    /// <summary>
    /// The store's connections go through another proxy first, which cuts them: so the client goes while the batch is held.
    /// </summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_held_when_the_client_goes_is_let_through_late_or_dropped_as_was_said(bool isDropped)
    {
        PostgresProxy? entrance = null;
        await using var stage = await PostgresProxyStage.OpenAsync(
            await PostgresServer.Shared,
            before: proxy => entrance = PostgresProxy.Start(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0), proxy.Endpoint));
        await using var _ = entrance;
        var row = Row("k", await stage.Direct.AcquireAsync(A), 0, 1);
        using var hold = stage.Proxy.Add(
            PostgresWork.Commit,
            PostgresPoint.Before("commit"),
            new PostgresProxyAction.Hold(Long, isDropped ? WhenClientGoes.Drop : WhenClientGoes.LetThrough));
        var commit = stage.Store.CommitAsync(A, [row]);
        await hold.Reached.WaitAsync(Soon);
        entrance!.KillConnections();
        Assert.IsType<CommitResult.Unknown>(await commit);
        if (isDropped)
        {
            await EventuallyAsync(async () => !await HoldsLockAsync(stage));
            Assert.Equal([SettledRow.NotApplied], await SettledAsync(stage, row));
        }
        else
        {
            await EventuallyAsync(() => HoldsLockAsync(stage));
            Assert.Null(await stage.Direct.Store.LoadAsync(0, Key.Parse("k")));
            hold.Release();
            await EventuallyAsync(async () => await stage.Direct.Store.LoadAsync(0, Key.Parse("k")) is not null);
        }

        await EventuallyAsync(() => Task.FromResult(stage.Proxy.Connections == 0));
    }

    private static async Task<IEnumerable<SettledRow>> SettledAsync(PostgresProxyStage stage, RowWrite row) =>
        Assert.IsType<SettleResult.Settled>(await stage.Direct.Store.SettleAsync(A, 0, row.Epoch, [row])).Rows;

    private static Task<bool> HoldsLockAsync(PostgresProxyStage stage) => stage.Direct.QueryAsync<bool>(
        """
        select exists (
            select 1 from pg_locks join pg_database on pg_database.oid = database
            where locktype = 'advisory' and granted and datname = current_database())
        """);
}
