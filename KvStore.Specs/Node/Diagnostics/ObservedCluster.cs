using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Diagnostics;

/// <summary>Two nodes that export by OTLP to a receiver of the specs.</summary>
public sealed class ObservedCluster : IAsyncLifetime
{
    private ClusterOfProcesses? _nodes;
    private OtlpReceiver? _receiver;

    internal ClusterOfProcesses Nodes => _nodes!;

    internal OtlpReceiver Receiver => _receiver!;

    public async Task InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        _nodes = await ClusterOfProcesses.StartAsync(2, StorageUnderTest.Sqlite(), new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _receiver.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        });
    }

    public async Task DisposeAsync()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }

        if (_receiver is not null)
        {
            await _receiver.DisposeAsync();
        }
    }
}
