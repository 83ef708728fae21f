using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Bench.Peers;

/// <summary>One node's process; it can end and come again under the same name and ports.</summary>
internal sealed class KvStoreNode : IAsyncDisposable
{
    private const int MaxStarts = 3;

    /// <summary>A node makes room from 80 % on, so with the default not all of 100,000 keys would be live.</summary>
    private const string MaxLiveKeys = "200000";

    /// <summary>While other peers warm up a peer is idle for minutes, more than the default; its keys would have to be read anew.</summary>
    private const string KeyIdleTimeout = "01:00:00";

    private readonly NodeBuild _build;
    private readonly ImmutableDictionary<string, string> _settings;
    private readonly bool _isHttp2;
    private readonly HttpClient _http;
    private ServerProcess? _process;

    private KvStoreNode(string name, PeerPlan plan, BenchStorage storage, int clusterPort, IEnumerable<int> seedPorts)
    {
        Name = name;
        _build = plan.Build!;
        _isHttp2 = plan.IsHttp2;
        _http = Answers.Client(_isHttp2, TimeSpan.FromSeconds(2));
        _settings = ImmutableDictionary.CreateRange<string, string>(
        [
            new("ASPNETCORE_URLS", Address.ToString()),
            new("KvStore__NodeName", name),
            new("KvStore__Limits__MaxLiveKeys", MaxLiveKeys),
            new("KvStore__Limits__KeyIdleTimeout", KeyIdleTimeout),
            new("KvStore__Storage__Provider", storage.Provider),
            new("KvStore__Storage__ConnectionString", storage.ConnectionString),
            new("KvStore__Cluster__Hostname", "127.0.0.1"),
            new("KvStore__Cluster__Port", clusterPort.ToString(CultureInfo.InvariantCulture)),
            .. seedPorts.Select((port, index) => KeyValuePair.Create($"KvStore__Cluster__SeedNodes__{index}", $"127.0.0.1:{port}")),
        ]).SetItems(_build.Settings);
    }

    public string Name { get; }

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePorts.Next()}");

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException($"{Name} does not run");

    public bool HasExited => _process is null or { HasExited: true };

    /// <summary>So many nodes of one cluster, none of them started. All name the same seeds, or the first would form another one when it comes again.</summary>
    public static IEnumerable<KvStoreNode> Create(PeerPlan plan, BenchStorage storage, int count)
    {
        int[] ports = [.. Enumerable.Range(0, count).Select(_ => FreePorts.Next())];
        return ports.Select((port, index) => new KvStoreNode($"node-{index}", plan, storage, port, ports));
    }

    /// <returns>The time from the start of the process until it said that it is ready.</returns>
    public async Task<TimeSpan> StartAsync(CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var process = await LaunchAsync();
            try
            {
                return await process.BecomesReadyAsync(_http, new Uri(Address, "/healthz/ready"), cancel);
            }
            catch (BenchException) when (process.HasExited && attempt < MaxStarts)
            {
                // As under any supervisor: on a machine that is busy others may take it out of the cluster before it is in, and it ends.
                Progress.Say($"  {Name} ended at once and is started again");
            }
        }
    }

    public string LogTail() => $"--- {Name}\n{_process?.LogTail()}";

    /// <summary>SIGTERM, and waits for the end.</summary>
    public Task TerminateAsync() => _process?.TerminateAsync() ?? Task.CompletedTask;

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _http.Dispose();
    }

    private async Task<ServerProcess> LaunchAsync()
    {
        var start = new ProcessStartInfo(DotNet.Host, ["exec", _build.Program]) { WorkingDirectory = Path.GetDirectoryName(_build.Program)! };
        DotNet.CleanEnvironment(start, _isHttp2);
        foreach (var (name, value) in _settings)
        {
            start.Environment[name] = value;
        }

        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        return _process = ServerProcess.Start(Name, start);
    }
}
