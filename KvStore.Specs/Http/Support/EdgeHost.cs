using System.Collections.Immutable;
using System.Net;
using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace KvStore.Specs.Http.Support;

/// <summary>The edge as the host composes it, on a real socket, over whatever gateway the spec brings.</summary>
internal sealed class EdgeHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EdgeHost(WebApplication app) => _app = app;

    public Uri BaseAddress => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<EdgeHost> StartAsync(
        IKeyGateway gateway, INodeActors nodes, ClusterView view, IKeyCounts? counts = null, HealthStatus ready = HealthStatus.Healthy)
    {
        var options = new EdgeOptions { NodeName = Edges.Self };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Listen(IPAddress.Loopback, 0);
            server.ConfigureKvStoreEdge(options);
        });
        builder.Services.AddSingleton(gateway);
        builder.Services.AddSingleton(nodes);
        builder.Services.AddSingleton<IClusterViewSource>(new FixedView(view));
        builder.Services.AddSingleton(counts ?? new FixedCounts([.. view.Shards.Select(shard => (long)shard.Shard)]));
        builder.Services.AddKvStoreEdge(options);
        builder.Services.AddHealthChecks()
            .AddCheck("process", () => HealthCheckResult.Healthy(), [HealthTags.Live])
            .AddCheck("joined", () => new HealthCheckResult(ready, "as told"), [HealthTags.Ready]);
        var app = builder.Build();
        app.UseKvStoreEdge();
        await app.StartAsync();
        return new EdgeHost(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

internal sealed class FixedCounts(ImmutableArray<long> counts) : IKeyCounts
{
    public ValueTask<KeyCounts> GetAsync(CancellationToken cancelled) =>
        ValueTask.FromResult(new KeyCounts(counts, DateTimeOffset.UnixEpoch));
}

/// <summary>A gateway that answers as it is told.</summary>
internal sealed class ScriptedGateway(Func<IKeyMessage, CancellationToken, ValueTask<KeyReply>> answer) : IKeyGateway
{
    public ScriptedGateway(KeyReply reply)
        : this((_, _) => ValueTask.FromResult(reply))
    {
    }

    /// <summary>What it answers reads with that need not be sent.</summary>
    public Func<Key, Precondition, KeyReply?>? Here { get; init; }

    public KeyReply? TryReadHere(Key key, Precondition precondition) => Here?.Invoke(key, precondition);

    public ValueTask<KeyReply> SendAsync(IKeyMessage message, CancellationToken aborted) => answer(message, aborted);
}
