using KvStore.Node;
using KvStore.Specs.Support;

namespace KvStore.Specs.Cluster;

/// <summary>Several whole nodes in this process, on one SQLite file: real sockets between them, and nothing to kill.</summary>
internal sealed class InProcessCluster : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<NodeHost> _nodes = [];
    private readonly List<Uri> _addresses = [];
    private readonly string[] _settings;
    private readonly int _seedPort = FreePorts.Next();

    private InProcessCluster(string[] settings) => _settings = settings;

    public IReadOnlyList<NodeHost> Nodes => _nodes;

    public IReadOnlyList<Uri> Addresses => _addresses;

    public string File => _directory.File("kv.db");

    /// <param name="settings">Such as <c>--KvStore:Limits:MaxLiveKeys=100</c>, for every node.</param>
    public static async Task<InProcessCluster> StartAsync(int count, params string[] settings)
    {
        var cluster = new InProcessCluster(settings);
        for (var i = 0; i < count; i++)
        {
            await cluster.AddAsync();
        }

        return cluster;
    }

    /// <summary>Starts one more node and waits until it is ready.</summary>
    public async Task AddAsync()
    {
        var index = _nodes.Count;
        var address = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        _nodes.Add(await NodeHost.StartAsync(
            [
                $"--urls={address}",
                $"--KvStore:NodeName=node-{index}",
                $"--KvStore:Storage:ConnectionString=Data Source={File}",
                $"--KvStore:Cluster:Port={(index == 0 ? _seedPort : FreePorts.Next())}",
                $"--KvStore:Cluster:SeedNodes:0=127.0.0.1:{_seedPort}",
                "--Logging:LogLevel:Default=Warning",
                "--Logging:LogLevel:Akka=Error",
                "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
                .. _settings,
            ],
            CancellationToken.None));
        _addresses.Add(address);
        using var http = new HttpClient();
        await Eventually.HoldsAsync(
            $"node-{index} is ready",
            TimeSpan.FromSeconds(60),
            async cancel => (await http.GetAsync(new Uri(address, "/healthz/ready"), cancel)).IsSuccessStatusCode);
    }

    /// <summary>Ends a node as SIGTERM would.</summary>
    public async Task StopAsync(int index)
    {
        await _nodes[index].App.StopAsync();
        await _nodes[index].DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // The last to come goes first, so that the coordinator need not move each time.
        foreach (var node in _nodes.AsEnumerable().Reverse())
        {
            await node.DisposeAsync();
        }

        _directory.Dispose();
    }
}
