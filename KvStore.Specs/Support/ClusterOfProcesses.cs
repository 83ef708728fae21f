using System.Collections.Immutable;

namespace KvStore.Specs.Support;

/// <summary>Several nodes on this machine that share one store and form one cluster.</summary>
internal sealed class ClusterOfProcesses : IAsyncDisposable
{
    /// <summary>Ports can be taken between their choice and their use; more often than this it is no accident.</summary>
    private const int MaxPortTries = 5;

    private readonly List<NodeProcess> _nodes = [];
    private readonly StorageUnderTest _storage;

    private ClusterOfProcesses(StorageUnderTest storage) => _storage = storage;

    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    public NodeProcess this[int index] => _nodes[index];

    public IReadOnlyList<Uri> Addresses => [.. _nodes.Select(node => node.Settings.Address)];

    public IReadOnlyList<string> Names => [.. _nodes.Select(node => node.Name)];

    /// <summary>
    /// Starts <paramref name="count"/> nodes, named <c>node-0</c> and so on, and waits until each is ready and sees all of them
    /// Up. The cluster owns <paramref name="storage"/>: it goes when the cluster goes, also where this fails.
    /// </summary>
    /// <param name="settings">Further settings of every node, such as <c>KvStore__Storage__LeaseTtl</c>.</param>
    /// <param name="within">For each node to become ready, and for them all to meet; default 60 s.</param>
    public static async Task<ClusterOfProcesses> StartAsync(
        int count, StorageUnderTest storage, IReadOnlyDictionary<string, string>? settings = null, TimeSpan? within = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var more = settings?.ToImmutableDictionary() ?? [];
        var patience = within ?? NodeProcess.DefaultPatience;
        var cluster = new ClusterOfProcesses(storage);
        try
        {
            // The first one alone: it makes the store and the cluster, and only when it runs is its port a fact.
            var seed = await StartNodeAsync(0, seedPort: null);
            cluster._nodes.Add(seed);
            var starting = Enumerable.Range(1, count - 1).Select(index => StartNodeAsync(index, seed.Settings.ClusterPort)).ToArray();
            try
            {
                await Task.WhenAll(starting);
            }
            finally
            {
                cluster._nodes.AddRange(starting.Where(node => node.IsCompletedSuccessfully).Select(node => node.Result));
            }

            await cluster.AllSeeAllAsync(patience);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        Task<NodeProcess> StartNodeAsync(int index, int? seedPort) =>
            ClusterOfProcesses.StartNodeAsync(
                clusterPort => new($"node-{index}", FreePorts.Next(), clusterPort, [seedPort ?? clusterPort], storage, more), patience);
    }

    /// <summary>Waits until every node that runs shows exactly those nodes as members that are Up.</summary>
    public Task AllSeeAllAsync(TimeSpan within)
    {
        var running = _nodes.Where(node => !node.HasExited).ToArray();
        return Eventually.HoldsAsync(
            $"all of {string.Join(", ", running.Select(node => node.Name))} show {running.Length} members Up",
            within,
            async cancel =>
            {
                var seen = await Task.WhenAll(running.Select(node => ShownMember.ReadAsync(node, cancel)));
                return seen.All(members => members.Count == running.Length && members.All(member => member.IsUp));
            },
            Logs);
    }

    /// <summary>The last lines of every node's log.</summary>
    public string Logs() => string.Join('\n', _nodes.Select(node => $"--- {node.Name} (process {node.ProcessId})\n{node.Log.Tail()}"));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        }
        finally
        {
            _storage.Dispose();
        }
    }

    private static async Task<NodeProcess> StartNodeAsync(Func<int, NodeProcessSettings> settings, TimeSpan patience)
    {
        for (var left = MaxPortTries; ; left--)
        {
            var node = NodeProcess.Start(settings(FreePorts.Next()));
            try
            {
                await node.BecomesReadyAsync(patience);
                return node;
            }
            catch (NodeExitedException e) when (e.PortWasTaken && left > 1)
            {
                await node.DisposeAsync();
            }
            catch
            {
                await node.DisposeAsync();
                throw;
            }
        }
    }
}
