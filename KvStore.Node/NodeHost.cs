using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Node.Cluster;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Keys;
using KvStore.Node.Storage;

namespace KvStore.Node;

/// <summary>A whole node in this process: settings, store, cluster, edge. <c>Program</c> runs one; specs run several.</summary>
public sealed class NodeHost : IAsyncDisposable
{
    public const string DefaultUrl = "http://127.0.0.1:7000";

    private readonly NodeParts _parts;
    private readonly TelemetryEnd _telemetry;

    private NodeHost(WebApplication app, NodeParts parts) => (App, _parts, _telemetry) = (app, parts, new TelemetryEnd(app.Services));

    public WebApplication App { get; }

    /// <param name="args">Command line, over environment, over <c>appsettings.json</c>.</param>
    /// <exception cref="StartRefusedException">A setting is wrong or something that it names is not there. Nothing was started.</exception>
    /// <exception cref="StartBrokenOffException">It was told to end meanwhile. Nothing runs any more.</exception>
    public static async Task<NodeHost> StartAsync(string[] args, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        var urls = Urls(builder);
        var options = ReadSettings(builder.Configuration, urls);
        LogSetup.Configure(builder.Logging, builder.Configuration, options.NodeName);
        // The store logs before there is a host, and after it.
        var loggers = LoggerFactory.Create(logging => LogSetup.Configure(logging, builder.Configuration, options.NodeName));
        var parts = await NodeStart.PrepareAsync(options, HttpAddressOf(urls, options.Cluster.Hostname), loggers, cancellation)
            .ConfigureAwait(false);
        // To start an actor system blocks, and compiling so much takes long.
        await SocketCompletions.LeaveAsync().ConfigureAwait(false);
        WebApplication? app = null;
        try
        {
            app = Compose(builder, parts);
            await app.StartAsync(cancellation).ConfigureAwait(false);
            return new NodeHost(app, parts);
        }
        catch (Exception fault)
        {
            var isStopping = app?.Lifetime.ApplicationStopping.IsCancellationRequested == true;
            // The actor system first: as long as it runs it renews, and would register anew.
            if (app is not null)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }

            await parts.AbandonAsync().ConfigureAwait(false);
            if (fault is OperationCanceledException && (isStopping || cancellation.IsCancellationRequested))
            {
                throw new StartBrokenOffException(fault);
            }

            throw;
        }
    }

    public Task WaitForShutdownAsync() => App.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await _telemetry.FlushAsync().ConfigureAwait(false);
        await App.DisposeAsync().ConfigureAwait(false);
        await _parts.DisposeAsync().ConfigureAwait(false);
    }

    private static NodeOptions ReadSettings(IConfiguration configuration, string[] urls)
    {
        var faults = new List<string>();
        var options = SettingsReader.Read(configuration, faults);
        faults.AddRange(SettingsRules.FaultsOf(options));
        if (faults.Count == 0)
        {
            faults.AddRange(ListenCheck.FaultsOf(options, urls));
        }

        return faults.Count == 0 ? options : throw new StartRefusedException(string.Join(Environment.NewLine, faults));
    }

    private static WebApplication Compose(WebApplicationBuilder builder, NodeParts parts)
    {
        var limits = parts.Options.Limits;
        var edge = new EdgeOptions
        {
            NodeName = parts.Options.NodeName,
            RequestTimeout = limits.RequestTimeout,
            MaxValueBytes = limits.MaxValueBytes,
            MaxJsonDepth = limits.MaxJsonDepth,
        };
        builder.WebHost.ConfigureKestrel(server => server.ConfigureKvStoreEdge(edge));
        // What a connection sends goes to the pool by itself. By default Kestrel has a queue for each of up to 16 cores, which one thread
        // of the pool at a time works off: an answer waits there for those of other connections.
        builder.WebHost.UseSockets(sockets => sockets.IOQueueCount = 0);
        builder.Services.AddSingleton(parts);
        builder.Services.AddSingleton(parts.Load);
        builder.Services.AddSingleton<IClusterViewSource>(parts.View);
        builder.Services.AddSingleton<ILocalKeys>(new LocalKeys(
            parts.Options.NodeName, parts.LiveKeys, parts.Leases, new KeyDecisions(parts.Options.NodeName, limits.MaxValueBytes)));
        builder.Services.AddSingleton<IKeyCounts>(new KeyCountCache(parts.Store, TimeProvider.System));
        builder.Services.AddKvStoreCluster(parts);
        builder.Services.AddKvStoreEdge(edge);
        builder.Services.AddKvStoreHealth();
        builder.Services.AddKvStoreTelemetry(builder.Configuration, parts.Options.NodeName);
        builder.Services.AddHostedService(provider => new TombstoneCollector(
            parts.Store, parts.Leases, parts.LiveKeys, parts.Writer, parts.Self.NodeId, parts.Options.Storage, TimeProvider.System,
            provider.GetRequiredService<ILogger<TombstoneCollector>>()));
        builder.Services.AddHostedService<ReadyBeforeListening>();
        var app = builder.Build();
        app.UseKvStoreEdge();
        app.MapKvStoreMetrics();
        return app;
    }

    private static string[] Urls(WebApplicationBuilder builder) =>
        (builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? builder.WebHost.GetSetting(WebHostDefaults.ServerUrlsKey) ?? DefaultUrl)
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What <c>/cluster</c> shows of this node: where it listens on all addresses, other nodes reach it by its cluster name.</summary>
    private static string HttpAddressOf(string[] urls, string hostname)
    {
        var address = BindingAddress.Parse(urls[0]);
        var isAny = address.Host is "*" or "+" or "0.0.0.0" or "[::]";
        return $"{address.Scheme}://{(isAny ? hostname : address.Host)}:{address.Port}";
    }
}
