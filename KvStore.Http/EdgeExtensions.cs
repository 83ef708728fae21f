using KvStore.Http.Endpoints;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Http.Page;
using KvStore.Http.Responses;
using KvStore.Http.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace KvStore.Http;

/// <summary>
/// What a host calls to serve HTTP. It also registers <see cref="IClusterViewSource"/>, <see cref="ILocalKeys"/> and
/// <see cref="IKeyCounts"/>, an actor system with the key region, and its health checks with <see cref="HealthTags"/>.
/// </summary>
public static class EdgeExtensions
{
    // A chunk of one byte takes six on the wire, and the server counts those.
    private const int WorstChunkOverhead = 6;

    /// <summary>
    /// Adds the edge. An <see cref="IKeyGateway"/> that is registered before stands in the place of <see cref="KeyGateway"/>.
    /// </summary>
    /// <param name="options">Checked by the host: see <see cref="EdgeOptions.Faults"/>.</param>
    public static IServiceCollection AddKvStoreEdge(this IServiceCollection services, EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddRouting();
        services.AddHealthChecks();
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RequestLoad>();
        services.AddSingleton<EdgeMetrics>();
        services.AddSingleton<NodeLinks>();
        services.AddSingleton<KeyGateway>();
        services.TryAddSingleton<IKeyGateway>(provider => provider.GetRequiredService<KeyGateway>());
        services.TryAddSingleton<INodeActors, NodeActors>();
        services.AddSingleton<KeyEndpoint>();
        services.AddSingleton<ListingEndpoint>();
        services.AddSingleton<ClusterEndpoint>();
        return services;
    }

    /// <summary>
    /// Sets what the server must leave to the edge, and what it must not tell. Its minimum data rates stay as they are: they end
    /// a connection that sends or reads next to nothing.
    /// </summary>
    public static void ConfigureKvStoreEdge(this KestrelServerOptions server, EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(options);
        server.AddServerHeader = false;

        // The edge stops reading at its own limit. This one is only for what nobody reads, and must never come first.
        server.Limits.MaxRequestBodySize = WorstChunkOverhead * (options.MaxValueBytes + 1L);
    }

    /// <summary>
    /// Serves keys, listing, cluster, health and the page. Endpoints that the host maps itself go on working; call this before
    /// anything that writes to the response.
    /// </summary>
    public static WebApplication UseKvStoreEdge(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<FaultBoundary>();
        app.UseMiddleware<KvBranch>();
        app.UseStatusCodePages(status => WriteProblemAsync(status.HttpContext));
        app.UseRouting();
        app.MapKvStoreHealth();
        app.MapKvStorePage();
        app.MapGet("/cluster", (HttpContext context, ClusterEndpoint cluster) => cluster.ServeAsync(context));
        return app;
    }

    /// <summary>Routing answers with a bare status; here it gets its problem document.</summary>
    private static Task WriteProblemAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var problem = status switch
        {
            StatusCodes.Status404NotFound => Problems.NoSuchPath(),
            StatusCodes.Status405MethodNotAllowed => Problems.MethodNotAllowed(context.Request.Method, allow: null),
            _ => Problems.BadRequest(status, $"the request was answered with status {status}"),
        };
        return ProblemWriter.WriteAsync(context, problem).AsTask();
    }
}
