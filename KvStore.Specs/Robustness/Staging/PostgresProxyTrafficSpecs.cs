using System.Net;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;
using KvStore.Specs.Node.Storage;
using KvStore.Specs.Support;
using Npgsql;
using static KvStore.Specs.Node.Storage.PostgresFaults;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What the proxy lets through, and what it does to connections.</summary>
public sealed class PostgresProxyTrafficSpecs
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task Large_values_and_a_listing_of_them_pass_unchanged()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var epoch = await stage.Direct.AcquireAsync(A);
        var random = new Random(7);
        var rows = Enumerable.Range(0, 8).Select(number =>
        {
            var text = new byte[(1 << 20) - 2];
            random.NextBytes(text);
            return Row($"k-{number}", epoch, 0, 1) with { Value = JsonText.Of($"\"{Convert.ToBase64String(text)[..text.Length]}\"") };
        }).ToArray();
        var commit = Assert.IsType<CommitResult.Committed>(await stage.Store.CommitAsync(A, rows));
        Assert.All(commit.Rows, outcome => Assert.Equal(RowOutcome.Applied, outcome));
        foreach (var row in rows)
        {
            Assert.Equal(row.Value!.Value.Utf8.ToArray(), (await stage.Direct.Store.LoadAsync(0, row.Key))!.Value!.Value.Utf8.ToArray());
            Assert.Equal(row.Value!.Value.Utf8.ToArray(), (await stage.Store.LoadAsync(0, row.Key))!.Value!.Value.Utf8.ToArray());
        }

        var page = Assert.Single(await stage.Store.ReadPagesAsync(AllOf(0)));
        Assert.Equal(rows.Select(row => row.Key.Text), page.Keys.Select(key => key.Key));
        Assert.Equal(rows.Select(row => row.Value!.Value.ToString()), page.Keys.Select(key => key.Value!.Value.ToString()));
    }

    [SkippableFact]
    public async Task Each_kind_of_work_of_the_store_is_recognised()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, TimeSpan.FromMilliseconds(300));
        var store = stage.Store;
        await Recognised(PostgresWork.Register, () => store.RegisterAsync(new NodeRow("c", "c", "akka", "http", 0, Soon), default));
        await Recognised(PostgresWork.Acquire, () => store.AcquireAsync(new AcquireRequest(0, A, null, 0)));
        await Recognised(PostgresWork.Renew, () => store.RenewAsync(A));
        await Recognised(PostgresWork.Look, () => store.LookAsync(0));
        await Recognised(PostgresWork.Commit, () => store.CommitAsync(A, [Row("k", 1, 0, 1)]));
        // The first of a connection is sent twice: once to be prepared.
        await store.LoadAsync(0, Key.Parse("k"));
        await Recognised(PostgresWork.Load, () => store.LoadAsync(0, Key.Parse("k")));
        await Recognised(PostgresWork.Page, () => store.ReadPagesAsync(AllOf(0)));
        await Recognised(PostgresWork.Page, () => store.ReadPagesAsync(AllOf(0) with { Values = false }));
        await Recognised(PostgresWork.Collect, () => store.CollectTombstonesAsync(A, 0, 1, [new Tombstone(Key.Parse("k"), new KeyVersion(1))]));
        await Recognised(PostgresWork.Settle, () => store.SettleAsync(A, 0, 1, [Row("k", 1, 1, 2)]));
        await Recognised(PostgresWork.Release, () => store.ReleaseAsync(A, [new HeldEpoch(0, 2)]));
        await Recognised(PostgresWork.Forget, () => store.ForgetNodeAsync("c", 0));
        await Recognised(PostgresWork.Unregister, () => store.UnregisterAsync(B));
        await stage.Direct.HoldAsync($"select pg_advisory_xact_lock({stage.Direct.LockClass}, 1)");
        await Recognised(PostgresWork.BreakLock, () => store.AcquireAsync(new AcquireRequest(1, A, null, 0)));
        Assert.Equal(0, stage.Proxy.Counts[PostgresWork.Cancel]);
        Assert.Contains("Renew 1, ", stage.Proxy.Counts.ToString(), StringComparison.Ordinal);

        async Task Recognised(PostgresWork work, Func<Task> call)
        {
            var others = Enum.GetValues<PostgresWork>().ToDictionary(other => other, other => stage.Proxy.Counts[other]);
            await call();
            Assert.Equal(others[work] + 1, stage.Proxy.Counts[work]);
            // A new connection is asked whether it is to a standby; before a lock is broken there are an attempt, a rollback and a look.
            PostgresWork[] besides = work == PostgresWork.BreakLock ? [PostgresWork.Acquire, PostgresWork.Look] : [];
            Assert.Empty(others.Keys.Where(other => stage.Proxy.Counts[other] != others[other])
                .Except([work, PostgresWork.Connect, PostgresWork.Other, .. besides]));
        }
    }

    [SkippableFact]
    public async Task Delays_are_random_and_bounded_and_change_nothing_else()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var epoch = await stage.Direct.AcquireAsync(A);
        var most = TimeSpan.FromMilliseconds(20);
        using var delay = stage.Proxy.Add(null, PostgresPoint.Before(), new PostgresProxyAction.Delay(most, Seed: 3), int.MaxValue);
        for (var version = 1; version <= 5; version++)
        {
            var commit = await stage.Store.CommitAsync(A, [Row("k", epoch, version - 1, version)]);
            Assert.Equal([RowOutcome.Applied], Assert.IsType<CommitResult.Committed>(commit).Rows.AsEnumerable());
        }

        // begin, settings, locks, rows, commit
        Assert.InRange(delay.Hits, 5 * 5, (5 * 5) + 2);
        Assert.Equal(delay.Hits, stage.Proxy.Counts.Delays);
        using var again = stage.Proxy.Add(null, PostgresPoint.Before(), new PostgresProxyAction.Delay(most, Seed: 4), 0);
        using var same = stage.Proxy.Add(null, PostgresPoint.Before(), new PostgresProxyAction.Delay(most, Seed: 4), 0);
        var delays = Enumerable.Range(0, 100).Select(_ => again.NextDelay(most)).ToArray();
        Assert.Equal(delays, Enumerable.Range(0, 100).Select(_ => same.NextDelay(most)));
        Assert.All(delays, one => Assert.InRange(one, TimeSpan.Zero, most));
        Assert.True(delays.Distinct().Count() > 50);
    }

    [SkippableFact]
    public async Task A_fault_that_is_taken_back_or_has_done_its_times_does_nothing()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var twice = stage.Proxy.Add(PostgresWork.Renew, PostgresPoint.Before("begin"), new PostgresProxyAction.Cut(), times: 2);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => stage.Store.RenewAsync(A));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => stage.Store.RenewAsync(A));
        Assert.Equal(1, (await stage.Store.RenewAsync(A))!.MyCounter);
        Assert.Equal(2, twice.Hits);
        var takenBack = stage.Proxy.Add(PostgresWork.Renew, PostgresPoint.Before("begin"), new PostgresProxyAction.Cut());
        takenBack.Dispose();
        Assert.Equal(2, (await stage.Store.RenewAsync(A))!.MyCounter);
        Assert.Equal(0, takenBack.Hits);
    }

    [SkippableFact]
    public async Task Killed_connections_are_made_anew_unless_new_ones_are_refused()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        Assert.NotNull(await stage.Store.RenewAsync(A));
        Assert.True(stage.Proxy.Connections > 0);
        stage.Proxy.RefusesConnections = true;
        stage.Proxy.KillConnections();
        Assert.Equal(0, stage.Proxy.Connections);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => stage.Store.RenewAsync(A));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => stage.Store.RenewAsync(A));
        stage.Proxy.RefusesConnections = false;
        Assert.NotNull(await stage.Store.RenewAsync(A));
    }

    [SkippableFact]
    public async Task Nothing_passes_while_it_is_frozen_and_all_of_it_passes_later()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, commitTimeout: TimeSpan.FromSeconds(3));
        var epoch = await stage.Direct.AcquireAsync(A);
        Assert.IsType<CommitResult.Committed>(await stage.Store.CommitAsync(A, [Row("k", epoch, 0, 1)]));
        stage.Proxy.Freeze();
        Assert.IsType<CommitResult.Unknown>(await stage.Store.CommitAsync(A, [Row("k", epoch, 1, 2)]));
        // Not even a connection comes about.
        Assert.IsType<StoreUnavailableException>(
            Assert.IsType<CommitResult.Failed>(await stage.Store.CommitAsync(A, [Row("l", epoch, 0, 1)])).Cause);
        Assert.Equal(new KeyVersion(1), (await stage.Direct.Store.LoadAsync(0, Key.Parse("k")))!.Version);
        stage.Proxy.Thaw();
        await EventuallyAsync(async () => (await stage.Direct.Store.LoadAsync(0, Key.Parse("k")))!.Version == new KeyVersion(2));
        Assert.IsType<CommitResult.Committed>(await stage.Store.CommitAsync(A, [Row("l", epoch, 0, 1)]));
    }

    [SkippableFact]
    public async Task The_server_may_go_and_come_back()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var stage = await PostgresProxyStage.OpenAsync(server);
        Assert.NotNull(await stage.Store.RenewAsync(A));
        await server.KillAsync();
        await EventuallyAsync(() => Task.FromResult(stage.Proxy.Connections == 0));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => stage.Store.RenewAsync(A));
        await server.StartAsync();
        await EventuallyAsync(async () => await stage.Store.RenewAsync(A) is not null);
    }

    /// <summary>Else the proxy would pass on what it cannot read, and every fault would be without effect.</summary>
    [SkippableFact]
    public async Task A_client_that_wants_encryption_is_turned_away()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared);
        var encrypted = new NpgsqlConnectionStringBuilder(stage.Direct.ConnectionString)
        {
            Host = IPAddress.Loopback.ToString(),
            Port = stage.Proxy.Endpoint.Port,
            SslMode = SslMode.Require,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(encrypted.ConnectionString);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync());
        Assert.NotNull(await stage.Store.RenewAsync(A));
    }

    private static ListPages AllOf(int shard) =>
        new([new ShardCursor(shard, "")], "", 100, int.MaxValue, true, new RequestContext("specs", Deadline.After(Soon, TimeProvider.System)));
}
