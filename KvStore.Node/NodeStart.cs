using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Cluster;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Postgres;
using KvStore.Node.Storage.Sqlite;
using Npgsql;

namespace KvStore.Node;

/// <summary>What happens before anything serves: open the store, make sure that no live node has this name, register.</summary>
internal static class NodeStart
{
    /// <exception cref="StartRefusedException">The store, or another node, stands in the way.</exception>
    public static async Task<NodeParts> PrepareAsync(
        NodeOptions options, string httpAddress, ILoggerFactory loggers, CancellationToken cancellation)
    {
        IKeyStore? store = null;
        var metrics = new NodeMetrics();
        try
        {
            var engine = CreateStore(options, loggers);
            store = new MeasuredStore(engine, metrics);
            var identity = await store.OpenAsync(cancellation).ConfigureAwait(false);
            var self = new NodeRow(
                Guid.NewGuid().ToString("N"),
                options.NodeName,
                $"akka.tcp://{KeyRegion.SystemName}@{options.Cluster.Hostname}:{options.Cluster.Port}",
                httpAddress,
                Counter: 0,
                options.Storage.LeaseTtl);
            var log = loggers.CreateLogger("KvStore.Node");
            await WaitForNamesakeAsync(store, self, log, cancellation).ConfigureAwait(false);
            await store.RegisterAsync(self with { HttpAddress = "" }, cancellation).ConfigureAwait(false);
            // Past the metrics: it is nobody's request.
            _ = WarmUpAsync(engine, self.NodeId, log);
            log.Starting(self.Name, self.NodeId, identity.StoreId, options.Storage.Provider, PlaceOf(options.Storage), identity.Shards);
            var mayForm = await SeedDecision.MayFormAsync(store, self, options.Cluster, BootClock.Instance, cancellation).ConfigureAwait(false);
            if (!mayForm)
            {
                log.MayNotForm(SeedDecision.Patience.TotalSeconds);
            }

            return new NodeParts(options, identity, store, self, loggers, metrics, mayForm);
        }
        catch (Exception fault)
        {
            metrics.Dispose();
            if (store is not null)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            switch (fault)
            {
                case StoreRefusedException:
                    // Its message names the setting.
                    throw new StartRefusedException(fault.Message, fault);
                case StoreUnavailableException:
                    throw new StartRefusedException($"KvStore:Storage:ConnectionString: {fault.Message}", fault);
                default:
                    throw;
            }
        }
    }

    /// <summary>
    /// Connects and compiles what the first requests need, while the node joins: else they, and on a machine that is busy with
    /// starts all of the shards that move here at once, would wait for a second. It changes nothing: nobody holds epoch -1.
    /// </summary>
    private static async Task WarmUpAsync(IKeyStore store, string nodeId, ILogger log)
    {
        try
        {
            var key = Key.Parse("0");
            var write = new RowWrite(key, Shard: 0, Epoch: -1, KeyVersion.None, new KeyVersion(1), Value: null);
            await Task.WhenAll(store.CommitAsync(nodeId, [write]), store.LoadAsync(0, key), store.LookAsync(0)).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            log.WarmUpFailed(fault);
        }
    }

    private static IKeyStore CreateStore(NodeOptions options, ILoggerFactory loggers) => options.Storage.Provider switch
    {
        StorageProvider.Sqlite => new SqliteKeyStore(
            options.Storage, options.Shards, TimeProvider.System, loggers.CreateLogger<SqliteKeyStore>()),
        StorageProvider.Postgres => new PostgresKeyStore(
            options.Storage, options.Shards, TimeProvider.System, loggers.CreateLogger<PostgresKeyStore>()),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Storage.Provider, "No such provider."),
    };

    /// <summary>Where the data is, without what is secret in the connection string.</summary>
    private static string PlaceOf(StorageOptions storage)
    {
        if (storage.Provider == StorageProvider.Sqlite)
        {
            return SqliteLocation.Parse(storage.ConnectionString);
        }

        var postgres = new NpgsqlConnectionStringBuilder(storage.ConnectionString);
        return $"{postgres.Host}:{postgres.Port}/{postgres.Database}";
    }

    /// <summary>
    /// Answers and listings name nodes, so two live ones of one name are refused. A namesake that crashed is known by its
    /// counter, which stands still for a TTL; the embedded store knows at once, by the lock that died with the process.
    /// </summary>
    private static async Task WaitForNamesakeAsync(IKeyStore store, NodeRow self, ILogger log, CancellationToken cancellation)
    {
        var takeover = new TakeoverRule(BootClock.Instance);
        var hasSaid = false;
        while (true)
        {
            var namesakes = (await store.ReadNodesAsync(cancellation).ConfigureAwait(false))
                .Where(node => node.Name == self.Name && !store.IsKnownDead(node.NodeId)).ToList();
            foreach (var namesake in namesakes)
            {
                if (takeover.HasMoved(namesake.NodeId, namesake.Counter))
                {
                    throw new StartRefusedException(
                        $"KvStore:NodeName: a live node named '{self.Name}' ({namesake.AkkaAddress}) uses this store. Give this one another name.");
                }

                takeover.Saw(namesake.NodeId, namesake.Counter);
            }

            var waits = namesakes.Where(node => !takeover.HasStoodStill(node.NodeId, node.Ttl * TakeoverRule.WaitedShareOfTtl)).ToList();
            if (waits.Count == 0)
            {
                return;
            }

            if (!hasSaid)
            {
                hasSaid = true;
                log.WaitingForNamesake(self.Name, waits.Max(node => node.Ttl).TotalSeconds * TakeoverRule.WaitedShareOfTtl);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation).ConfigureAwait(false);
        }
    }
}
