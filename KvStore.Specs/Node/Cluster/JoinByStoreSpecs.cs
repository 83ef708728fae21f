using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Node;
using KvStore.Node.Cluster;
using KvStore.Node.Config;
using KvStore.Node.Storage;
using KvStore.Specs.Contracts;
using KvStore.Specs.Http.Support;
using KvStore.Specs.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Node.Cluster;

/// <summary>A pod whose bootstrap finds no cluster, as this build has none, beside another node that the store knows.</summary>
public sealed class JoinByStoreSpecs : IAsyncLifetime
{
    private const string Setting = "shutdown-after-unsuccessful-join-seed-nodes";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(1);
    private static readonly NodeRow Other = new("other", "other", $"akka.tcp://kvstore@127.0.0.1:{FreePorts.Next()}", "http://other:7000", 0, Ttl);

    private readonly SqliteHarness _harness = new();
    private readonly CancellationTokenSource _othersEnd = new();
    private NodeOptions _options = null!;
    private IKeyStore _theirs = null!;
    private Task _renewing = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _options = new NodeOptions
        {
            NodeName = "pod",
            Storage = { ConnectionString = await _harness.CreateAsync(), LeaseTtl = Ttl },
            Cluster = { Port = FreePorts.Next(), Bootstrap = BootstrapMethod.Kubernetes },
        };
        _theirs = _harness.New(_options.Storage, _options.Shards);
        await _theirs.OpenAsync(default);
        await _theirs.RegisterAsync(Other, default);
    }

    public async Task DisposeAsync()
    {
        await _othersEnd.CancelAsync();
        await _renewing;
        _othersEnd.Dispose();
        // A pod that ends sets it, and here it is that of the specs.
        Environment.ExitCode = 0;
        await _theirs.DisposeAsync();
        await _harness.DisposeAsync();
    }

    [Fact]
    public async Task A_pod_that_found_others_serving_ends_when_they_do_not_any_more()
    {
        await OtherServesAsync();
        await using var parts = await PrepareAsync();
        Assert.False(parts.MayFormCluster);
        using var host = await StartAsync(parts);

        await Task.Delay(Ttl * 5);
        Assert.False(HasEnded(host));

        await _othersEnd.CancelAsync();
        await Eventually.HoldsAsync("the pod has ended, to look anew", TimeSpan.FromSeconds(50), () => HasEnded(host));
    }

    [Fact]
    public async Task A_pod_that_found_nobody_serving_leaves_all_to_its_bootstrap()
    {
        await using var parts = await PrepareAsync();
        Assert.True(parts.MayFormCluster);
        using var host = await StartAsync(parts);

        await Task.Delay(Ttl * 8);
        Assert.False(HasEnded(host));
        await host.StopAsync();
    }

    [Fact]
    public void A_pod_that_is_not_let_in_by_those_that_it_joins_ends_since_its_bootstrap_has()
    {
        Assert.Contains($"{Setting} = 60s", ClusterHocon.Of(_options, mayFormCluster: true), StringComparison.Ordinal);
        Assert.Contains($"{Setting} = off", ClusterHocon.Of(new NodeOptions(), mayFormCluster: true), StringComparison.Ordinal);
    }

    private static bool HasEnded(IHost host) =>
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    private Task<NodeParts> PrepareAsync() => NodeStart.PrepareAsync(_options, "http://pod:7000", NullLoggerFactory.Instance, default);

    private static async Task<IHost> StartAsync(NodeParts parts)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(parts);
        builder.Services.AddSingleton<IClusterViewSource>(parts.View);
        builder.Services.AddSingleton<ILocalKeys>(new FixedLocalKeys());
        builder.Services.AddKvStoreEdge(new EdgeOptions { NodeName = parts.Options.NodeName });
        builder.Services.AddKvStoreCluster(parts);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task OtherServesAsync()
    {
        Assert.IsType<AcquireResult.Acquired>(await _theirs.AcquireAsync(new AcquireRequest(3, Other.NodeId, null, -1)));
        _renewing = Task.Run(async () =>
        {
            while (!_othersEnd.IsCancellationRequested)
            {
                await _theirs.RenewAsync(Other.NodeId);
                await Task.Delay(Ttl / 10, _othersEnd.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }
}
