using System.Diagnostics;
using KvStore.Messages.Keys;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Postgres;
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
    public async Task Settling_does_not_tell_of_a_batch_before_the_standby_has_it()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var faults = await OpenAsync(await server.CreateDatabaseAsync(), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1));
        var epoch = await faults.AcquireAsync(A);
        await faults.DemandStandbyAsync("nobody");
        var lost = Row("k", epoch, 0, 1);
        Assert.IsType<CommitResult.Unknown>(await faults.Store.CommitAsync(A, [lost]));
        for (var attempt = 0; attempt < 6; attempt++)
        {
            Assert.IsType<SettleResult.Failed>(await faults.Store.SettleAsync(A, 0, epoch, [lost]));
        }

        await faults.DemandStandbyAsync("");
        SettleResult? result = null;
        await EventuallyAsync(async () => (result = await faults.Store.SettleAsync(A, 0, epoch, [lost])) is SettleResult.Settled);
        Assert.Equal([SettledRow.Applied], Assert.IsType<SettleResult.Settled>(result).Rows.AsEnumerable());
    }

    [SkippableFact]
    public async Task Connections_that_hang_do_not_pile_up()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var faults = await OpenAsync(await server.CreateDatabaseAsync(), TimeSpan.FromMilliseconds(500));
        await faults.DemandStandbyAsync("nobody");
        for (var shard = 0; shard < 12; shard++)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => faults.Store.AcquireAsync(new AcquireRequest(shard, A, null, 0)));
        }

        var hanging = await faults.QueryAsync<long>("select count(*) from pg_stat_activity where wait_event = 'SyncRep'");
        Assert.InRange(hanging, 1, AbandonedConnections.Most);
        await faults.DemandStandbyAsync("");
        await EventuallyAsync(async () =>
        {
            try
            {
                return await faults.Store.AcquireAsync(new AcquireRequest(15, A, null, 0)) is AcquireResult.Acquired;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
    }

    [SkippableFact]
    public async Task An_error_of_the_commit_itself_leaves_the_batch_unknown()
    {
        await using var faults = await OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync());
        var epoch = await faults.AcquireAsync(A);
        await PostgresServer.ExecuteAsync(
            faults.ConnectionString,
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'at the commit'; end $$;
            create constraint trigger late after insert on kv deferrable initially deferred for each row execute function refuse();
            """);
        Assert.IsType<CommitResult.Unknown>(await faults.Store.CommitAsync(A, [Row("k", epoch, 0, 1)]));
    }

    /// <summary>Who holds the shard of a row that was not applied is asked after the commit: an error of that must not pass for one before it.</summary>
    [SkippableFact]
    public async Task An_error_of_what_follows_the_commit_leaves_the_batch_unknown()
    {
        await using var faults = await OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync());
        var epoch = await faults.AcquireAsync(A);
        Assert.Equal([RowOutcome.Applied], await AppliedAsync(faults, Row("there", epoch, 0, 1)));
        // From the commit on the session is one that may read nothing.
        await PostgresServer.ExecuteAsync(
            faults.ConnectionString,
            """
            create function become_nobody() returns trigger language plpgsql as $$ begin
                perform set_config('role', 'pg_read_all_stats', false);
                return null;
            end $$;
            create constraint trigger late after insert on kv deferrable initially deferred for each row execute function become_nobody();
            """);
        RowWrite[] rows = [Row("new", epoch, 0, 1), Row("there", epoch, 4, 5)];

        var unknown = Assert.IsType<CommitResult.Unknown>(await faults.Store.CommitAsync(A, rows));

        Assert.Contains("shard_lease", unknown.Cause.Message, StringComparison.Ordinal);
        var settled = Assert.IsType<SettleResult.Settled>(await faults.Store.SettleAsync(A, 0, epoch, rows));
        Assert.Equal(SettledRow.Applied, settled.Rows[0]);
    }

    [Theory]
    [InlineData("08P01", "ERROR", true)]
    [InlineData("08006", "FATAL", true)]
    [InlineData("57P01", "FATAL", true)]
    [InlineData("57P01", "ERROR", true)]
    [InlineData("57014", "ERROR", false)]
    [InlineData("55P03", "ERROR", false)]
    public void An_error_that_tells_of_a_lost_server_leaves_the_batch_unknown(string state, string severity, bool isUnknown)
    {
        var outcome = PostgresCommits.Outcome(new Npgsql.PostgresException("", severity, severity, state));
        Assert.Equal(isUnknown, outcome is CommitResult.Unknown);
        Assert.True(isUnknown || outcome is CommitResult.Failed { Cause: not StoreUnavailableException });
    }

    /// <summary>Npgsql notices it while nobody uses the connection, and would refuse the next batch as a mistake of the program.</summary>
    [SkippableFact]
    public async Task A_connection_that_died_while_it_was_idle_is_replaced()
    {
        var connectionString = await (await PostgresServer.Shared).CreateDatabaseAsync() + ";Keepalive=1";
        await using var unpooled = Npgsql.NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var session = new PostgresSession(unpooled, "specs", new AbandonedConnections(), TimeProvider.System);
        Npgsql.NpgsqlConnection? first = null;
        var pid = await session.RunAsync(
            connection =>
            {
                first = connection;
                return Task.FromResult(connection.ProcessID);
            },
            TimeSpan.FromSeconds(10));
        Assert.True(await PostgresServer.QueryAsync<bool>(connectionString, $"select pg_terminate_backend({pid})"));
        await EventuallyAsync(() => Task.FromResult(first!.State != System.Data.ConnectionState.Open));
        Assert.NotEqual(pid, await session.RunAsync(
            async connection =>
            {
                await RunAsync(connection, "select 1");
                return connection.ProcessID;
            },
            TimeSpan.FromSeconds(10)));
    }

    [SkippableFact]
    public async Task A_look_at_a_lease_is_bounded_whatever_the_connection_string_says()
    {
        await using var faults = await OpenAsync(
            await (await PostgresServer.Shared).CreateDatabaseAsync() + ";Command Timeout=0",
            adjust: options => options.ReadTimeout = TimeSpan.FromSeconds(1));
        await faults.HoldAsync("lock table shard_lease in access exclusive mode");
        var waits = Stopwatch.StartNew();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => faults.Store.LookAsync(0).WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.True(waits.Elapsed < TimeSpan.FromSeconds(10));
    }

    [SkippableFact]
    public async Task A_renewal_that_hangs_ends_in_time_for_another()
    {
        await using var faults = await OpenAsync(
            await (await PostgresServer.Shared).CreateDatabaseAsync(), adjust: options => options.LeaseTtl = TimeSpan.FromSeconds(3));
        await faults.HoldAsync($"select 1 from node where node_id = '{A}' for update");
        var waits = Stopwatch.StartNew();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => faults.Store.RenewAsync(A));
        Assert.True(waits.Elapsed < TimeSpan.FromSeconds(3));
    }

    [SkippableFact]
    public async Task The_lock_of_one_shard_that_does_not_come_is_not_the_fault_of_the_whole_store()
    {
        await using var faults = await OpenAsync(await (await PostgresServer.Shared).CreateDatabaseAsync(), TimeSpan.FromMilliseconds(1000));
        var epoch = await faults.AcquireAsync(A);
        await faults.HoldAsync($"select pg_advisory_xact_lock({faults.LockClass}, 0)");
        var failed = Assert.IsType<CommitResult.Failed>(await faults.Store.CommitAsync(A, [Row("k", epoch, 0, 1)]));
        Assert.IsNotType<StoreUnavailableException>(failed.Cause);
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
        var failed = Assert.IsType<CommitResult.Failed>(await faults.Store.CommitAsync(A, [lost]));
        Assert.IsType<StoreUnavailableException>(failed.Cause);
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
