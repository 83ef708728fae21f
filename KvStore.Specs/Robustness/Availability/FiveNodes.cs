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

    private FiveNodes(PostgresServer server, StorageUnderTest storage) => (_server, _storage) = (server, storage);

    public IReadOnlyList<NodeProcess> Nodes => _nodes;

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
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task AreReadyAsync() => Task.WhenAll(_nodes.Select(node => node.BecomesReadyAsync(Patience)));

    /// <summary>Where the shard coordinator runs: on the oldest member.</summary>
    public async Task<NodeProcess> FindCoordinatorAsync()
    {
        using var view = JsonDocument.Parse(await _nodes[0].Http.GetStringAsync("/cluster"));
        var oldest = view.RootElement.GetProperty("members").EnumerateArray().First().GetProperty("name").GetString();
        return _nodes.Single(node => node.Name == oldest);
    }

    /// <summary>The last lines of every node's log.</summary>
    public string Logs() => string.Join('\n', _nodes.Select(node => $"--- {node.Name} (process {node.ProcessId})\n{node.Log.Tail()}"));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        _storage.Dispose();
        await _server.DisposeAsync();
    }
}
