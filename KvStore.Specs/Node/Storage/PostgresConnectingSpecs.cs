using KvStore.Node.Storage;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Storage;

/// <summary>A server that takes longer to let somebody in than anybody waits for one connection.</summary>
public sealed class PostgresConnectingSpecs
{
    [SkippableFact]
    public async Task A_connection_that_takes_longer_than_each_wait_for_it_is_got_all_the_same()
    {
        await using var stage = await PostgresProxyStage.OpenAsync(await PostgresServer.Shared, lockTimeout: TimeSpan.FromSeconds(0.2));
        await stage.Store.RenewAsync(PostgresFaults.A);
        stage.Proxy.KillConnections();
        using var slow = stage.Proxy.Add(
            PostgresWork.Connect,
            PostgresPoint.BeforeAnswer,
            new PostgresProxyAction.Hold(TimeSpan.FromSeconds(2.5), WhenClientGoes.Drop),
            times: int.MaxValue);

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
}
