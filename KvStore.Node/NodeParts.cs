using KvStore.Http.Telemetry;
using KvStore.Messages.Protocol;
using KvStore.Node.Cluster;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Keys;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;

namespace KvStore.Node;

/// <summary>What a node consists of besides its actor system, made once the store is open and this process is registered in it.</summary>
internal sealed class NodeParts : IAsyncDisposable
{
    public NodeParts(
        NodeOptions options, StoreIdentity identity, IKeyStore store, NodeRow self, ILoggerFactory loggers, NodeMetrics metrics,
        bool mayFormCluster)
    {
        (Options, Identity, Store, Self, Loggers, Metrics, MayFormCluster) =
            (options, identity, store, self, loggers, metrics, mayFormCluster);
        Leases = new LeaseTable(options.Shards, BootClock.Instance);
        LiveKeys = new LiveKeys(options.Shards, options.Limits.MaxLiveKeys);
        Writer = new GroupCommitWriter(store, Leases, self.NodeId, options.Storage, loggers.CreateLogger<GroupCommitWriter>());
        View = new ClusterViewHolder(new NodeView(self.Name, self.AkkaAddress, self.HttpAddress), options.Shards);
        Witness = new NodeWitness(BootClock.Instance, self);
        metrics.Observe(this);
    }

    public NodeOptions Options { get; }

    public StoreIdentity Identity { get; }

    public IKeyStore Store { get; }

    public NodeRow Self { get; }

    public ILoggerFactory Loggers { get; }

    public NodeMetrics Metrics { get; }

    /// <summary>What the edge of this node answered.</summary>
    public RequestLoad Load { get; } = new();

    /// <summary>See <see cref="SeedDecision"/>.</summary>
    public bool MayFormCluster { get; }

    public LeaseTable Leases { get; }

    public LiveKeys LiveKeys { get; }

    public GroupCommitWriter Writer { get; }

    public ClusterViewHolder View { get; }

    public NodeWitness Witness { get; }

    /// <summary>A renewal's answer, for all who want to know what the store says of the nodes.</summary>
    public void DirectoryChanged(LeaseDirectory directory)
    {
        Witness.Saw(directory);
        View.DirectoryChanged(directory);
    }

    /// <summary>The start failed: take the row of this process back, so that the next try need not wait for its lease to run out.</summary>
    public async Task AbandonAsync()
    {
        try
        {
            await Store.UnregisterAsync(Self.NodeId).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // Then the next try waits.
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        Metrics.Dispose();
        await TelemetryEnd.DisposeAsync(Loggers).ConfigureAwait(false);
    }
}
