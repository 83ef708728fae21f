using KvStore.Messages.Keys;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Postgres;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Storage;

/// <summary>A server that takes longer to let somebody in than anybody waits for one connection.</summary>
public sealed class PostgresConnectingSpecs
{
    private const int PoolSize = 4;
    private const int Together = 10 * PoolSize;

    [SkippableFact]
    public async Task A_connection_that_takes_longer_than_each_wait_for_it_is_got_all_the_same()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, lockTimeout: TimeSpan.FromSeconds(0.2));
        await stage.Store.RenewAsync(PostgresFaults.A);
        stage.Proxy.KillConnections();
        using var slow = SlowConnections(stage);

        var waits = 0;
        await Eventually.HoldsAsync("the lease is renewed", TimeSpan.FromSeconds(20), async _ =>
        {
            try
            {
                waits++;
                return await stage.Store.RenewAsync(PostgresFaults.A) is not null;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });

        Assert.InRange(waits, 2, 12);
    }

    [SkippableFact]
    public async Task Reads_that_are_given_up_leave_their_connections_to_those_that_come_later()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(
            await PostgresServer.Shared,
            more: $";Maximum Pool Size={PoolSize}",
            adjust: options => options.ReadTimeout = TimeSpan.FromSeconds(1));
        stage.Proxy.KillConnections();
        var before = stage.Proxy.Counts[PostgresWork.Connect];
        using var slow = SlowConnections(stage);

        var rounds = 0;
        await Eventually.HoldsAsync("all get what they ask for", TimeSpan.FromSeconds(20), async _ =>
        {
            rounds++;
            return (await LoadTogetherAsync(stage)).All(isThere => isThere);
        });

        Assert.InRange(rounds, 2, 6);
        Assert.InRange(stage.Proxy.Counts[PostgresWork.Connect] - before, PoolSize, 2 * PoolSize);
    }

    [SkippableFact]
    public async Task Connections_that_are_refused_cost_the_reads_that_come_later_nothing()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, more: $";Maximum Pool Size={PoolSize}");
        stage.Proxy.RefusesConnections = true;
        stage.Proxy.KillConnections();
        Assert.All(await LoadTogetherAsync(stage), Assert.False);
        using (var cancelled = new CancellationTokenSource())
        {
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stage.Store.ReadNodesAsync(cancelled.Token));
        }

        stage.Proxy.RefusesConnections = false;
        Assert.All(await LoadTogetherAsync(stage), Assert.True);
    }

    private static PostgresProxyFault SlowConnections(PostgresProxyStage stage) => stage.Proxy.Add(
        PostgresWork.Connect,
        PostgresPoint.BeforeAnswer,
        new PostgresProxyAction.Hold(TimeSpan.FromSeconds(2.5), WhenClientGoes.Drop),
        times: int.MaxValue);

    /// <summary>Which of many loads at the same time got their answer.</summary>
    private static Task<bool[]> LoadTogetherAsync(PostgresProxyStage stage) =>
        Task.WhenAll(Enumerable.Range(0, Together).Select(number => LoadsAsync(stage.Store, number)));

    private static async Task<bool> LoadsAsync(PostgresKeyStore store, int number)
    {
        try
        {
            return await store.LoadAsync(0, Key.Parse($"k{number}")) is null;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}
