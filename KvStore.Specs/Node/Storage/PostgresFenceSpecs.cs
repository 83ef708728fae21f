using KvStore.Node.Storage;
using KvStore.Specs.Support;
using static KvStore.Specs.Node.Storage.PostgresFaults;

namespace KvStore.Specs.Node.Storage;

/// <summary>The interleavings in which a fence that looks right lets a former holder through.</summary>
public sealed class PostgresFenceSpecs
{
    /// <summary>The batch has been sent, and waits for the lock that a takeover holds.</summary>
    [SkippableTheory]
    [InlineData("read committed")]
    [InlineData("repeatable read")]
    [InlineData("serializable")]
    public async Task A_batch_that_waited_for_a_takeover_is_fenced_whatever_isolation_is_the_default(string isolation)
    {
        await using var faults = await OpenAsync(await DatabaseAsync($"default_transaction_isolation = '{isolation}'"));
        var epoch = await faults.AcquireAsync(A);
        var takeover = await faults.HoldAsync($"select pg_advisory_xact_lock({faults.LockClass}, 0)");
        var late = faults.Store.CommitAsync(A, [Row("k", epoch, 0, 1)]);
        await faults.SomebodyWaitsAsync();
        await RunAsync(takeover, $"update shard_lease set holder = '{B}', epoch = epoch + 1 where shard = 0; commit");
        Assert.Equal([RowOutcome.Fenced], Assert.IsType<CommitResult.Committed>(await late).Rows.AsEnumerable());
        Assert.Null(await faults.Store.LoadAsync(0, KvStore.Messages.Keys.Key.Parse("k")));
    }

    [SkippableTheory]
    [InlineData("read committed")]
    [InlineData("repeatable read")]
    public async Task A_takeover_waits_for_the_batch_that_is_under_way(string isolation)
    {
        await using var faults = await OpenAsync(await DatabaseAsync($"default_transaction_isolation = '{isolation}'"));
        var epoch = await faults.AcquireAsync(A);
        // A row that somebody inserts holds up the batch after its check of the lease.
        var inTheWay = await faults.HoldAsync("insert into kv values (0, 'k', 9, 0, 'x', now())");
        var commit = faults.Store.CommitAsync(A, [Row("k", epoch, 0, 1)]);
        await faults.SomebodyWaitsAsync();
        var takeover = faults.Store.AcquireAsync(new AcquireRequest(0, B, A, 0));
        await EventuallyAsync(() => faults.QueryAsync<bool>("select exists (select 1 from pg_locks where locktype = 'advisory' and not granted)"));
        Assert.False(takeover.IsCompleted);
        await RunAsync(inTheWay, "rollback");
        Assert.Equal([RowOutcome.Applied], Assert.IsType<CommitResult.Committed>(await commit).Rows.AsEnumerable());
        Assert.Equal(new AcquireResult.Acquired(epoch + 1), await takeover);
    }

    [SkippableTheory]
    [InlineData("read committed")]
    [InlineData("repeatable read")]
    public async Task An_acquisition_that_met_a_renewal_under_way_is_refused(string isolation)
    {
        await using var faults = await OpenAsync(await DatabaseAsync($"default_transaction_isolation = '{isolation}'"));
        await faults.AcquireAsync(A);
        var renewal = await faults.HoldAsync($"update node set counter = counter + 1 where node_id = '{A}'");
        var takeover = faults.Store.AcquireAsync(new AcquireRequest(0, B, A, 0));
        await faults.SomebodyWaitsAsync();
        await RunAsync(renewal, "commit");
        var refused = Assert.IsType<AcquireResult.Refused>(await takeover);
        Assert.Equal(1, refused.Found.Node!.Counter);
        Assert.Equal(A, refused.Found.Lease.Holder);
    }

    [SkippableTheory]
    [InlineData("read committed")]
    [InlineData("repeatable read")]
    public async Task A_renewal_that_met_an_acquisition_under_way_does_not_list_the_shard_as_its_own(string isolation)
    {
        await using var faults = await OpenAsync(await DatabaseAsync($"default_transaction_isolation = '{isolation}'"));
        var epoch = await faults.AcquireAsync(A);
        var takeover = await faults.HoldAsync(
            $"select pg_advisory_xact_lock({faults.LockClass}, 0); select 1 from node where node_id = '{A}' for share");
        var renewal = faults.Store.RenewAsync(A);
        await faults.SomebodyWaitsAsync();
        await RunAsync(takeover, $"update shard_lease set holder = '{B}', epoch = epoch + 1 where shard = 0; commit");
        Assert.Equal(new LeaseRow(0, epoch + 1, B), (await renewal)!.Leases.Single(lease => lease.Shard == 0));
    }

    /// <summary>The acquisition has looked at everything and is about to write.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_goes_while_it_acquires_leaves_no_shard_behind(bool isForgotten)
    {
        await using var faults = await OpenAsync(await DatabaseAsync());
        var inTheWay = await faults.HoldAsync("select 1 from shard_lease where shard = 0 for update");
        var acquisition = faults.Store.AcquireAsync(new AcquireRequest(0, A, null, 0));
        await faults.SomebodyWaitsAsync();
        var removal = isForgotten ? faults.Store.ForgetNodeAsync(A, 0) : faults.Store.UnregisterAsync(A);
        await faults.TheyWaitAsync(2, or: removal);
        await RunAsync(inTheWay, "rollback");
        await Task.WhenAll(acquisition, removal);
        var found = await faults.Store.LookAsync(0);
        Assert.Equal(found.Lease.Holder, found.Node?.NodeId);
        Assert.Equal(isForgotten ? A : null, found.Lease.Holder);
    }

    [SkippableFact]
    public async Task A_node_that_is_being_removed_acquires_nothing()
    {
        await using var faults = await OpenAsync(await DatabaseAsync());
        var removal = await faults.HoldAsync($"delete from node where node_id = '{A}'");
        var acquisition = faults.Store.AcquireAsync(new AcquireRequest(0, A, null, 0));
        await faults.TheyWaitAsync(1, or: acquisition);
        await RunAsync(removal, "commit");
        Assert.IsType<AcquireResult.Refused>(await acquisition);
    }

    [SkippableFact]
    public async Task A_node_renews_while_it_acquires()
    {
        await using var faults = await OpenAsync(await DatabaseAsync());
        var inTheWay = await faults.HoldAsync("select 1 from shard_lease where shard = 0 for update");
        var acquisition = faults.Store.AcquireAsync(new AcquireRequest(0, A, null, 0));
        await faults.SomebodyWaitsAsync();
        Assert.Equal(1, (await faults.Store.RenewAsync(A))!.MyCounter);
        Assert.False(acquisition.IsCompleted);
        await RunAsync(inTheWay, "rollback");
        Assert.IsType<AcquireResult.Acquired>(await acquisition);
    }

    /// <summary>Takeovers that queue between two batches must not close a circle.</summary>
    [SkippableFact]
    public async Task Batches_and_acquisitions_of_many_shards_at_once_never_deadlock()
    {
        await using var faults = await OpenAsync(await DatabaseAsync());
        await using var other = New(faults.ConnectionString);
        await other.OpenAsync(default);
        for (var round = 0; round < 20; round++)
        {
            var rows = Enumerable.Range(0, 16).Select(shard => Row($"k-{round}-{shard}", 1, 0, 1, shard)).ToArray();
            var commits = new[] { faults.Store.CommitAsync(A, rows), other.CommitAsync(B, [.. rows.Reverse()]) };
            var acquisitions = Enumerable.Range(0, 16).Select(shard => faults.Store.AcquireAsync(new AcquireRequest(shard, A, null, 0)));
            Assert.All(await Task.WhenAll(commits), result => Assert.IsType<CommitResult.Committed>(result));
            Assert.All(await Task.WhenAll(acquisitions), result => Assert.IsType<AcquireResult.Acquired>(result));
        }
    }

    private static async Task<string> DatabaseAsync(string? setting = null)
    {
        var connectionString = await (await PostgresServer.Shared).CreateDatabaseAsync();
        if (setting is not null)
        {
            var database = new Npgsql.NpgsqlConnectionStringBuilder(connectionString).Database;
            await PostgresServer.ExecuteAsync(connectionString, $"alter database {database} set {setting}");
        }

        return connectionString;
    }
}
