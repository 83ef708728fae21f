using KvStore.Messages.Keys;
using KvStore.Node.Storage;
using KvStore.Specs.Support;
using static KvStore.Specs.Node.Storage.PostgresFaults;

namespace KvStore.Specs.Node.Storage;

public sealed class PostgresUnknownOutcomeSpecs
{
    private const string InTheWay = "insert into kv values (0, 'k', 9, 0, 'x', now())";

    [SkippableFact]
    public async Task A_backend_that_is_killed_in_a_batch_leaves_it_unknown_and_settling_tells_the_truth()
    {
        await using var faults = await OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync());
        var epoch = await faults.AcquireAsync(A);
        var lost = Row("k", epoch, 0, 1);
        var other = await faults.HoldAsync(InTheWay);
        var commit = faults.Store.CommitAsync(A, [lost]);
        await faults.SomebodyWaitsAsync();
        Assert.True(await faults.KillWaitingBackendAsync());
        Assert.IsType<CommitResult.Unknown>(await commit);
        await RunAsync(other, "rollback");

        var settled = Assert.IsType<SettleResult.Settled>(await faults.Store.SettleAsync(A, 0, epoch, [lost]));
        Assert.Equal([SettledRow.NotApplied], settled.Rows.AsEnumerable());
        // The next batch has a connection of its own.
        Assert.Equal([RowOutcome.Applied], await AppliedAsync(faults, lost with { Epoch = settled.Epoch }));
    }

    [SkippableFact]
    public async Task A_batch_without_an_answer_is_left_to_itself_and_settling_ends_it()
    {
        await using var faults = await OpenAsync(
            await (await PostgresServer.Shared).CreateDatabaseAsync(), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        var epoch = await faults.AcquireAsync(A);
        var elsewhere = await faults.AcquireAsync(A, shard: 1);
        var lost = Row("k", epoch, 0, 1);
        var other = await faults.HoldAsync(InTheWay);
        await using var store = New(faults.ConnectionString, TimeSpan.FromMilliseconds(300));
        await store.OpenAsync(default);
        Assert.IsType<CommitResult.Unknown>(await faults.Store.CommitAsync(A, [lost]));
        Assert.Equal([RowOutcome.Applied], await AppliedAsync(faults, Row("l", elsewhere, 0, 1, shard: 1)));

        SettleResult? result = null;
        await EventuallyAsync(async () => (result = await store.SettleAsync(A, 0, epoch, [lost])) is SettleResult.Settled);
        Assert.Equal([SettledRow.NotApplied], Assert.IsType<SettleResult.Settled>(result).Rows.AsEnumerable());
        await RunAsync(other, "rollback");
        Assert.Null(await faults.Store.LoadAsync(0, Key.Parse("k")));
    }

    [SkippableFact]
    public async Task A_batch_that_lands_after_its_time_is_found_applied()
    {
        await using var faults = await OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync(), commitTimeout: TimeSpan.FromMilliseconds(500));
        var epoch = await faults.AcquireAsync(A);
        var lost = Row("k", epoch, 0, 1);
        var other = await faults.HoldAsync(InTheWay);
        Assert.IsType<CommitResult.Unknown>(await faults.Store.CommitAsync(A, [lost]));
        await RunAsync(other, "rollback");
        await EventuallyAsync(async () => await faults.Store.LoadAsync(0, Key.Parse("k")) is not null);
        var settled = Assert.IsType<SettleResult.Settled>(await faults.Store.SettleAsync(A, 0, epoch, [lost]));
        Assert.Equal([SettledRow.Applied], settled.Rows.AsEnumerable());
    }

    [SkippableFact]
    public async Task A_stuck_lock_is_broken_by_a_takeover_that_is_allowed_and_by_no_other()
    {
        await using var faults = await OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync(), TimeSpan.FromMilliseconds(300));
        var epoch = await faults.AcquireAsync(A);
        var stuck = await faults.HoldAsync($"select pg_advisory_xact_lock_shared({faults.LockClass}, 0)");
        Assert.IsType<AcquireResult.LockTimedOut>(await faults.Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 7)));
        await RunAsync(stuck, "select 1");
        Assert.IsType<AcquireResult.LockTimedOut>(await faults.Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 0)));
        await EventuallyAsync(async () => await faults.Store.AcquireAsync(new AcquireRequest(0, B, A, 0)) is AcquireResult.Acquired);
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => RunAsync(stuck, "select 1"));
        Assert.Equal(new LeaseRow(0, epoch + 1, B), (await faults.Store.LookAsync(0)).Lease);
    }

    [SkippableFact]
    public async Task A_server_that_warns_at_the_commit_leaves_it_unknown()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var faults = await OpenAsync(await server.CreateDatabaseAsync());
        var epoch = await faults.AcquireAsync(A);
        var row = Row("k", epoch, 0, 1);
        await PostgresServer.ExecuteAsync(faults.ConnectionString, "alter system set synchronous_standby_names = 'nobody'");
        await PostgresServer.ExecuteAsync(faults.ConnectionString, "select pg_reload_conf()");
        await EventuallyAsync(() => faults.QueryAsync<bool>("select current_setting('synchronous_standby_names') = 'nobody'"));
        var commit = faults.Store.CommitAsync(A, [row]);
        await EventuallyAsync(() => faults.QueryAsync<bool>("select exists (select 1 from pg_stat_activity where wait_event = 'SyncRep')"));
        await PostgresServer.ExecuteAsync(faults.ConnectionString, "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
        Assert.IsType<CommitResult.Unknown>(await commit);

        await PostgresServer.ExecuteAsync(faults.ConnectionString, "alter system reset synchronous_standby_names");
        await PostgresServer.ExecuteAsync(faults.ConnectionString, "select pg_reload_conf()");
        SettleResult? result = null;
        await EventuallyAsync(async () => (result = await faults.Store.SettleAsync(A, 0, epoch, [row])) is SettleResult.Settled);
        Assert.Equal([SettledRow.Applied], Assert.IsType<SettleResult.Settled>(result).Rows.AsEnumerable());
    }

    [SkippableFact]
    public async Task A_server_that_crashed_and_came_back_serves_on_and_has_what_was_acknowledged()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var faults = await OpenAsync(await server.CreateDatabaseAsync(), commitTimeout: TimeSpan.FromSeconds(3));
        var epoch = await faults.AcquireAsync(A);
        Assert.Equal([RowOutcome.Applied], await AppliedAsync(faults, Row("k", epoch, 0, 1)));
        var before = await faults.Store.RenewAsync(A);
        await server.KillAsync();
        var lost = Row("l", epoch, 0, 1);
        Assert.IsType<CommitResult.Unknown>(await faults.Store.CommitAsync(A, [lost]));
        Assert.IsType<CommitResult.Failed>(await faults.Store.CommitAsync(A, [lost]));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => faults.Store.RenewAsync(A));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => faults.Store.LoadAsync(0, Key.Parse("k")));
        Assert.IsType<SettleResult.Failed>(await faults.Store.SettleAsync(A, 0, epoch, [lost]));
        await server.StartAsync();

        var settled = Assert.IsType<SettleResult.Settled>(await faults.Store.SettleAsync(A, 0, epoch, [lost]));
        Assert.Equal([SettledRow.NotApplied], settled.Rows.AsEnumerable());
        Assert.NotNull(await faults.Store.LoadAsync(0, Key.Parse("k")));
        Assert.Equal(before!.Incarnation, (await faults.Store.RenewAsync(A))!.Incarnation);
    }

    private static async Task<IEnumerable<RowOutcome>> AppliedAsync(PostgresFaults faults, params RowWrite[] rows) =>
        Assert.IsType<CommitResult.Committed>(await faults.Store.CommitAsync(A, rows)).Rows;
}
