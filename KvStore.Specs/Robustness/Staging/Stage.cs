using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// What a run plays on: nodes as processes, their store, and where the plan wants it a network that can be cut and wall clocks
/// that can be stepped. A node that ends by itself is started again, as an orchestrator would. Nothing of it is left when it is
/// disposed, nor when this process is killed.
/// </summary>
internal sealed partial class Stage : IAsyncDisposable
{
    /// <summary>What its directory's name begins with: no other process's stages do.</summary>
    public static readonly string DirectoryPrefix = $"kvstore-stage-{Environment.ProcessId}-";

    private readonly RunHistory _history;
    private readonly StageGuard _guard;
    private readonly List<StageNode> _nodes = [];
    private readonly List<NodeProcessLogFile> _logs = [];
    private StageStorage? _storage;
    private StageKeeper? _keeper;
    private int _faultsBegun;
    private int _faultsUnderWay;

    private Stage(StagePlan plan, RunHistory history)
    {
        (Plan, _history) = (plan, history);
        DirectoryPath = Directory.CreateTempSubdirectory(DirectoryPrefix).FullName;
        _guard = StageGuard.Start(DirectoryPath, Prefix);
        Network = plan.HasNetwork ? new StageNetwork(Prefix) : null;
        Directory.CreateDirectory(LogDirectory);
    }

    public StagePlan Plan { get; }

    /// <summary>Holds all files of the stage but the database server's, and is gone with it.</summary>
    public string DirectoryPath { get; }

    /// <summary>What the names of its network namespaces and interfaces begin with.</summary>
    public string Prefix { get; } = StageNetwork.NewPrefix();

    public IReadOnlyList<StageNode> Nodes => _nodes;

    /// <summary>Null where the nodes are on the loopback.</summary>
    public StageNetwork? Network { get; }

    public StageStorage Storage => _storage ?? throw new InvalidOperationException("The stage has not started");

    /// <summary>Null under SQLite.</summary>
    public PostgresServer? Database => Storage.Server;

    /// <summary>Null under PostgreSQL.</summary>
    public string? SqliteFile => Storage.SqliteFile;

    /// <summary>For how long a node may serve without having renewed.</summary>
    public TimeSpan LeaseTtl => Plan.Settings is { } settings && settings.TryGetValue("KvStore__Storage__LeaseTtl", out var ttl)
        ? TimeSpan.Parse(ttl, CultureInfo.InvariantCulture)
        : new StorageOptions().LeaseTtl;

    /// <summary>How many faults have begun so far.</summary>
    public int FaultsBegun => Volatile.Read(ref _faultsBegun);

    /// <summary>How many faults are under way, the one that asks included.</summary>
    public int FaultsUnderWay => Volatile.Read(ref _faultsUnderWay);

    private string LogDirectory => Path.Combine(DirectoryPath, "logs");

    /// <summary>Starts all of it and waits until it is healthy. Skips the spec where this machine lacks what the plan needs.</summary>
    public static async Task<Stage> StartAsync(StagePlan plan, RunHistory history, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Nodes, 1);
        if (plan.HasNetwork)
        {
            StageNetwork.Require();
        }

        if (plan.HasFakeTime)
        {
            FakeClock.Require();
        }

        var stage = new Stage(plan, history);
        try
        {
            await stage.StartAllAsync(cancel);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Counts a fault that begins, which is under way until the answer is disposed.</summary>
    public IDisposable BeginFault()
    {
        Interlocked.Increment(ref _faultsBegun);
        Interlocked.Increment(ref _faultsUnderWay);
        return new Undo(() => Interlocked.Decrement(ref _faultsUnderWay));
    }

    /// <summary>Waits until every node is ready and shows all of them Up.</summary>
    /// <exception cref="TimeoutException">They are not in time; the message holds the ends of their logs.</exception>
    public Task AwaitHealthyAsync(TimeSpan within, CancellationToken cancel = default) => Eventually.HoldsAsync(
        $"all of {string.Join(", ", _nodes.Select(node => node.Name))} are ready and show {_nodes.Count} members Up",
        within,
        async timeout =>
        {
            cancel.ThrowIfCancellationRequested();
            return (await Task.WhenAll(_nodes.Select(node => IsHealthyAsync(node, timeout)))).All(isHealthy => isHealthy);
        },
        Logs);

    /// <summary>The node of the shard coordinator: the oldest member. Null where no node that runs can tell.</summary>
    public async Task<StageNode?> FindCoordinatorAsync(CancellationToken cancel)
    {
        var views = await Task.WhenAll(_nodes.Where(node => !node.Process.HasExited && !node.IsHarmed)
            .Select(node => ShownMember.ReadAsync(node.Process, cancel)));
        return views.Select(members => members.FirstOrDefault()?.Address).Where(address => address is not null)
            .GroupBy(address => address).OrderByDescending(votes => votes.Count())
            .Select(votes => _nodes.FirstOrDefault(node => votes.Key!.EndsWith(ClusterAddressOf(node.Process.Settings), StringComparison.Ordinal)))
            .FirstOrDefault();
    }

    /// <summary>The ends of all nodes' logs.</summary>
    public string Logs() => string.Join(
        '\n', _nodes.Select(node => $"--- {node.Name} (process {node.Process.ProcessId}, started {node.Incarnations} times)\n{node.Process.Log.Tail(60)}"));

    /// <summary>Copies all that the nodes, in all their incarnations, and the database have written, one file each.</summary>
    public Task SaveLogsAsync(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var log in Directory.EnumerateFiles(LogDirectory))
        {
            File.Copy(log, Path.Combine(directory, Path.GetFileName(log)), overwrite: true);
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_keeper is not null)
            {
                await _keeper.DisposeAsync();
            }

            await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
            if (_storage is not null)
            {
                await _storage.DisposeAsync();
            }
        }
        finally
        {
            _logs.ForEach(log => log.Dispose());
            await _guard.DisposeAsync();
        }
    }

    private static string ClusterAddressOf(NodeProcessSettings settings) =>
        string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.ClusterPort}");

    private async Task<bool> IsHealthyAsync(StageNode node, CancellationToken cancel) =>
        !node.Process.HasExited
        && await node.Process.GetStatusAsync("/healthz/ready", cancel) == HttpStatusCode.OK
        && await ShownMember.ReadAsync(node.Process, cancel) is var members
        && members.Count == _nodes.Count && members.All(member => member.IsUp);
}
