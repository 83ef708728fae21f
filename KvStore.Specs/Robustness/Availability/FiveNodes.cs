using System.Net;
using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>
/// Five processes on one PostgreSQL, with the default settings. All are seed nodes, so that any of them can be restarted
/// and finds the others.
/// </summary>
internal sealed class FiveNodes : IAsyncDisposable
{
    private const int Count = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly PostgresServer _server;
    private readonly StorageUnderTest _storage;
    private readonly List<NodeProcess> _nodes = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _supervising = Task.CompletedTask;

    private FiveNodes(PostgresServer server, StorageUnderTest storage) => (_server, _storage) = (server, storage);

    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>The node that somebody ended on purpose and will start again.</summary>
    public NodeProcess? Down { get; set; }

    /// <summary>Nodes that ended although nobody ended them: the others took them out of the cluster.</summary>
    public int EndedByThemselves { get; private set; }

    public static async Task<FiveNodes> StartAsync()
    {
        var server = await PostgresServer.StartNewAsync();
        var cluster = new FiveNodes(server, await StorageUnderTest.PostgresAsync(() => server.CreateDatabaseAsync()));
        try
        {
            int[] ports = [.. Enumerable.Range(0, Count).Select(_ => FreePorts.Next())];
            foreach (var (port, index) in ports.Select((port, index) => (port, index)))
            {
                cluster._nodes.Add(NodeProcess.Start(new($"node-{index}", FreePorts.Next(), port, [.. ports], cluster._storage, [])));
                if (index == 0)
                {
                    await cluster._nodes[0].BecomesReadyAsync(Patience);
                }
            }

            await cluster.AreReadyAsync();
            cluster._supervising = cluster.SuperviseAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task AreReadyAsync() => Eventually.HoldsAsync(
        "every node is ready",
        Patience,
        async cancel => (await Task.WhenAll(_nodes.Select(node => node.GetStatusAsync("/healthz/ready", cancel)))).All(status => status == HttpStatusCode.OK),
        Logs);

    /// <summary>Where the shard coordinator runs: on the oldest member.</summary>
    public async Task<NodeProcess> FindCoordinatorAsync()
    {
        using var view = JsonDocument.Parse(await _nodes[0].Http.GetStringAsync("/cluster"));
        var oldest = view.RootElement.GetProperty("members").EnumerateArray().First().GetProperty("name").GetString();
        return _nodes.Single(node => node.Name == oldest);
    }

    /// <summary>What the nodes' logs tell of members that left and why, and of the coordinator.</summary>
    public string Logs() => string.Join('\n', _nodes.Select(node =>
        $"--- {node.Name} (process {node.ProcessId}, port {node.Settings.ClusterPort}{(node.HasExited ? ", ended" : "")})\n"
        + string.Join('\n', node.Log.Tail(4_000).Split('\n').Where(IsTelling).TakeLast(60))));

    /// <summary>Starts those again that have ended by themselves, as an orchestrator does: they end in order to join anew.</summary>
    private async Task SuperviseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var node in _nodes.Where(node => node != Down && node.HasExited))
            {
                EndedByThemselves++;
                node.Restart();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    private static bool IsTelling(string line) =>
        !line.Contains("KeyGateway", StringComparison.Ordinal)
        && (line.Contains("KvStore.Node", StringComparison.Ordinal) || line.Contains("Singleton", StringComparison.Ordinal)
            || line.Contains("Leader is", StringComparison.Ordinal) || line.Contains("Marking", StringComparison.Ordinal)
            || line.Contains("heartbeat was delayed", StringComparison.Ordinal) || line.Contains("Handoff", StringComparison.OrdinalIgnoreCase)
            || line.Contains("Sharding", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervising;
        _stop.Dispose();
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        _storage.Dispose();
        await _server.DisposeAsync();
    }
}
