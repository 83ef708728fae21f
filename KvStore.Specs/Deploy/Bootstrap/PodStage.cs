using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>
/// Pods without a Kubernetes: nodes of the integration build, each in a network namespace with an address of its own and in a mount
/// namespace with its service account where a pod has it; beside them an API server that lists them, and PostgreSQL. A node that
/// ends by itself is started again, as its pod would. Nothing of it is left when it is disposed, nor when this process is killed.
/// </summary>
internal sealed class PodStage : IAsyncDisposable
{
    private const string Pod = "pod-";
    private const int HttpPort = 7000;
    private const int ClusterPort = 4053;
    private const string LinkPort = "4054";

    /// <summary>Only the mounts of the pod's own namespace change, and only what it inherits of the machine's configuration is taken away.</summary>
    private const string AsPod = $"""
        set -e
        mount -t tmpfs none /var/run
        mkdir -p {MountedServiceAccount.MountPoint}
        mount --bind "$0" {MountedServiceAccount.MountPoint}
        unset KUBECONFIG
        exec "$@"
        """;

    private readonly string _program;
    private readonly string _directory = Directory.CreateTempSubdirectory("kvstore-pods-").FullName;
    private readonly string _prefix = StageNetwork.NewPrefix();
    private readonly StageGuard _guard;
    private readonly StageNetwork _network;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly List<NodeProcessLogFile> _logs = [];
    private readonly List<NodeProcess> _nodes = [];
    private readonly List<NodeProcess> _ended = [];
    private readonly Action<string> _note;
    private StageStorage? _storage;
    private FakeKubernetesApi? _api;

    private PodStage(string program, Action<string> note)
    {
        (_program, _note) = (program, note);
        _guard = StageGuard.Start(_directory, _prefix);
        _network = new StageNetwork(_prefix);
    }

    public FakeKubernetesApi Api => _api!;

    /// <summary>Listed beside the pods of this stage.</summary>
    public ImmutableList<FakePod> Bystanders { get; set; } = [];

    /// <summary>Those of the pods that there are.</summary>
    public IReadOnlyList<NodeProcess> Nodes => [.. _nodes];

    private string AccountDirectory => Path.Combine(_directory, "serviceaccount");

    /// <summary>Prepares it, with room for so many pods at addresses of their own; none is started. Skips the spec where this machine cannot.</summary>
    /// <param name="program">The <c>KvStore.Node.dll</c> that they run.</param>
    /// <param name="note">Is told what happens by itself.</param>
    public static async Task<PodStage> PrepareAsync(string program, int addresses, Action<string> note)
    {
        StageNetwork.Require();
        Tool.Require("Pods without a Kubernetes", "unshare", "mount");
        var stage = new PodStage(program, note);
        try
        {
            await stage._network.CreateAsync(Enumerable.Range(0, addresses).Select(index => Pod + index));
            stage._storage = await StageStorage.StartAsync(
                new StagePlan(addresses, StorageProvider.Postgres, HasNetwork: true), stage._directory, stage._network, stage.NewLog);
            stage._api = await FakeKubernetesApi.StartAsync(stage._network.DatabaseAddress);
            await stage.Api.Account.WriteAsync(stage.AccountDirectory);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public string AddressOf(int index) => _network.AddressOf(Pod + index);

    /// <summary>Starts a node in a new pod, which the API server lists from now on.</summary>
    /// <param name="address">The index of its address.</param>
    public NodeProcess Start(string name, int address)
    {
        var host = AddressOf(address);
        var node = NodeProcess.Start(new NodeProcessSettings(name, HttpPort, ClusterPort, [], _storage!.For(Pod + address), Settings(host))
        {
            Host = host,
            Program = _program,
            RunBy = [.. _network.RunIn(Pod + address), Tool.Find("unshare")!, "--mount", "--", "/bin/sh", "-c", AsPod, AccountDirectory],
            LogFile = NewLog($"{name}-{address}"),
        });
        _nodes.Add(node);
        List();
        return node;
    }

    /// <summary>As a StatefulSet does: the pod is told to end, and is listed as such until it has; then there is another of its name.</summary>
    public async Task ReplaceAsync(NodeProcess node, int address)
    {
        List(node);
        await EndAsync([node]);
        Start(node.Name, address);
    }

    /// <summary>All pods are told to end at once, and have.</summary>
    public async Task EndAllAsync()
    {
        await EndAsync(Nodes);
        List();
    }

    /// <summary>Waits until every pod is ready and shows exactly these as members that are Up.</summary>
    public Task AreOneClusterAsync(TimeSpan within)
    {
        var nodes = Nodes;
        var expected = nodes.Select(node => $"{node.Name}@{node.Settings.Host}").ToHashSet();
        return Eventually.HoldsAsync(
            $"{string.Join(", ", expected)} are ready and one cluster",
            within,
            async cancel => (await Task.WhenAll(nodes.Select(node => IsInOneOfAsync(node, expected, cancel)))).All(isSo => isSo),
            Logs);
    }

    /// <summary>The ends of all logs.</summary>
    public string Logs() => string.Join('\n', _nodes.Select(node => $"--- {node.Name} at {node.Settings.Host}\n{node.Log.Tail(100)}"));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(_nodes.Concat(_ended).Select(node => node.DisposeAsync().AsTask()));
            if (_api is not null)
            {
                await _api.DisposeAsync();
            }

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

    private async Task<bool> IsInOneOfAsync(NodeProcess node, HashSet<string> expected, CancellationToken cancel)
    {
        if (node.HasExited)
        {
            _note($"{node.Name}, which ended with {node.ExitCode}, is started again");
            node.Restart();
        }

        if (await node.GetStatusAsync("/healthz/ready", cancel) != HttpStatusCode.OK)
        {
            return false;
        }

        var members = await ShownMember.ReadAsync(node, cancel);
        return members.All(member => member.IsUp) && expected.SetEquals(members.Select(member => $"{member.Name}@{new Uri(member.Address).Host}"));
    }

    private async Task EndAsync(IReadOnlyList<NodeProcess> nodes)
    {
        Assert.All(await Task.WhenAll(nodes.Select(node => node.TerminateAsync())), code => Assert.Equal(0, code));
        _nodes.RemoveAll(nodes.Contains);
        _ended.AddRange(nodes);
    }

    /// <param name="terminating">Told to end.</param>
    private void List(NodeProcess? terminating = null) => Api.Pods = Bystanders.AddRange(_nodes.Select(
        node => new FakePod(node.Name, node.Settings.Host) { IsTerminating = node == terminating }));

    private ImmutableDictionary<string, string> Settings(string host) => ImmutableDictionary.CreateRange<string, string>(
    [
        new(StageGuard.Mark, _directory),
        // No settings for kubectl of whoever runs the specs.
        new("HOME", _directory),
        new("KUBERNETES_SERVICE_HOST", Api.Address.Host),
        new("KUBERNETES_SERVICE_PORT", Api.Address.Port.ToString(CultureInfo.InvariantCulture)),
        new("KvStore__Cluster__Bootstrap", nameof(BootstrapMethod.Kubernetes)),
        new("KvStore__Kubernetes__PodAddress", host),
        new("KvStore__Cluster__LinkPort", LinkPort),
        // Nothing here is about how fast things get well, and on a small machine three nodes that start keep each other waiting.
        new("KvStore__Storage__LeaseTtl", "00:00:10"),
    ]);

    private NodeProcessLogFile NewLog(string name)
    {
        var log = new NodeProcessLogFile(
            Path.Combine(_directory, name + ".log"), () => (long)Stopwatch.GetElapsedTime(_startedAt).TotalMicroseconds);
        _logs.Add(log);
        return log;
    }
}
