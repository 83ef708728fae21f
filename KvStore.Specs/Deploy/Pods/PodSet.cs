using System.Globalization;
using System.Net;
using KvStore.Node.Config;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy.Pods;

/// <summary>
/// Does with processes what Kubernetes does with the pods of the StatefulSet: each in a network namespace with an address of its
/// own, with the environment of the manifests, and with the pods' names in its <c>/etc/hosts</c>. It is harsher where that is
/// cheaper: a pod gets SIGTERM at once, without the pause in which it still serves.
/// </summary>
internal sealed class PodSet : IAsyncDisposable
{
    /// <summary>So many pods may end by themselves in the whole life of the set.</summary>
    private const int MostEnds = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StatefulSet _set = (StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single();
    private readonly List<string> _configMap = Manifests.ReadKustomization("base").ConfigMapGenerator.Single().Literals;
    private readonly string _directory = Directory.CreateTempSubdirectory(Stage.DirectoryPrefix).FullName;
    private readonly string _prefix = StageNetwork.NewPrefix();
    private readonly List<NodeProcess> _pods = [];
    private readonly List<string> _ends = [];
    private readonly StageGuard _guard;
    private readonly StageNetwork _network;
    private readonly int _most;
    private StageStorage? _storage;
    private volatile IReadOnlyList<Uri> _endpoints = [];

    private PodSet(int most)
    {
        _most = most;
        _guard = StageGuard.Start(_directory, _prefix);
        _network = new StageNetwork(_prefix);
    }

    /// <summary>What the service sends clients to: pods that are ready and were not told to end.</summary>
    public IReadOnlyList<Uri> Endpoints => _endpoints;

    public IReadOnlyList<NodeProcess> Pods => _pods;

    public int Replicas => _set.Spec.Replicas;

    /// <summary>In which a pod must have ended after SIGTERM: the grace period, less the pause before it.</summary>
    public TimeSpan Grace => TimeSpan.FromSeconds(
        _set.Pod.TerminationGracePeriodSeconds - _set.Pod.Containers.Single().Lifecycle!.PreStop.Sleep.Seconds);

    /// <param name="most">Pods that there will ever be.</param>
    public static async Task<PodSet> CreateAsync(int most)
    {
        StageNetwork.Require();
        var pods = new PodSet(most);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(pods._directory, (UnixFileMode)0b111_101_101);
            }

            await pods._network.CreateAsync(Enumerable.Range(0, most).Select(pods.NameOf));
            pods._storage = await StageStorage.StartAsync(
                new StagePlan(most, StorageProvider.Postgres, HasNetwork: true), pods._directory, pods._network,
                name => new NodeProcessLogFile(Path.Combine(pods._directory, name + ".log"), () => 0));
            return pods;
        }
        catch
        {
            await pods.DisposeAsync();
            throw;
        }
    }

    /// <summary>All that are missing at once (<c>Parallel</c>), or those with the highest numbers away, one after the other.</summary>
    public async Task ScaleAsync(int replicas)
    {
        _pods.AddRange(Enumerable.Range(_pods.Count, Math.Max(0, replicas - _pods.Count)).Select(Start).ToList());
        while (_pods.Count > replicas)
        {
            var last = _pods[^1];
            await TerminateAsync(last);
            _pods.Remove(last);
            await last.DisposeAsync();
        }

        await AllSeeAllAsync();
    }

    /// <summary>A rolling restart: the highest number first, the next one when all are ready.</summary>
    public async Task RollAsync()
    {
        foreach (var pod in _pods.AsEnumerable().Reverse().ToList())
        {
            await TerminateAsync(pod);
            pod.Restart();
            await AllSeeAllAsync();
        }
    }

    /// <summary>Every pod that ended although nobody told it to, and how.</summary>
    public string Ends() => string.Join('\n', _ends);

    public string Logs() => string.Join('\n', [.. _ends, .. _pods.Select(pod => $"--- {pod.Name}\n{pod.Log.Tail(60)}")]);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_pods.Select(pod => pod.DisposeAsync().AsTask()));
        if (_storage is not null)
        {
            await _storage.DisposeAsync();
        }

        await _guard.DisposeAsync();
    }

    private async Task TerminateAsync(NodeProcess pod)
    {
        _endpoints = [.. _endpoints.Where(address => address != pod.Settings.Address)];
        Assert.Equal(0, await pod.TerminateAsync(Grace));
    }

    private async Task AllSeeAllAsync()
    {
        await Eventually.HoldsAsync(
            $"{_pods.Count} pods are ready and show each other as members",
            Patience,
            async cancel =>
            {
                StartEndedAnew();
                var healthy = await Task.WhenAll(_pods.Select(async pod =>
                    await pod.GetStatusAsync("/healthz/ready", cancel) == HttpStatusCode.OK
                    && await ShownMember.ReadAsync(pod, cancel) is var members
                    && members.Count == _pods.Count && members.All(member => member.IsUp)));
                return healthy.All(isHealthy => isHealthy);
            },
            Logs);
        _endpoints = [.. _pods.Select(pod => pod.Settings.Address)];
    }

    /// <summary>
    /// Does what the kubelet does with a container that ends. On a machine that is too busy to start so many at once, a pod does
    /// not reach the store in time, or the others take it out: it ends, so that it begins anew.
    /// </summary>
    private void StartEndedAnew()
    {
        foreach (var pod in _pods.Where(pod => pod.HasExited))
        {
            _ends.Add($"{pod.Name} ended with {pod.ExitCode} by itself:\n{pod.LastLines()}");
            Assert.True(_ends.Count <= MostEnds && !IsCrash(pod.ExitCode), Logs());
            pod.Restart();
        }
    }

    /// <summary>By a signal, such as that of an exception that nobody caught. What .NET ends with by itself is -1, which is 255.</summary>
    private static bool IsCrash(int exitCode) => exitCode is >= 128 and < 255;

    private NodeProcess Start(int ordinal)
    {
        var (name, address) = (NameOf(ordinal), _network.AddressOf(NameOf(ordinal)));
        var port = _set.Pod.Containers.Single().Ports.Single(port => port.Name == "http").Number;
        var storage = _storage!.For(name);
        return NodeProcess.Start(new NodeProcessSettings(name, port, 0, [], storage, [])
        {
            Host = address,
            RunBy = [.. _network.RunIn(name), .. WithHosts(ordinal)],
            Exactly = PodEnvironment.Of(
                _set, _configMap, name, address,
                new Dictionary<string, string> { ["kvstore-database/connectionString"] = storage.ConnectionString })
                .Add(StageGuard.Mark, _directory),
        });
    }

    /// <summary>The headless service's names, which are there before a pod is ready, and the pod's own name.</summary>
    private IEnumerable<string> WithHosts(int ordinal)
    {
        var hosts = Path.Combine(_directory, $"hosts-{ordinal}");
        var names = Enumerable.Range(0, _most).Select(NameOf);
        File.WriteAllLines(hosts,
        [
            "127.0.0.1 localhost",
            string.Create(CultureInfo.InvariantCulture, $"{_network.AddressOf(NameOf(ordinal))} {NameOf(ordinal)}"),
            .. names.Select(name => $"{_network.AddressOf(name)} {name}.{_set.Spec.ServiceName}"),
        ]);
        return [Tool.Find("unshare")!, "--mount", "--", "/bin/sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"", hosts];
    }

    private string NameOf(int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{_set.Metadata.Name}-{ordinal}");
}
