using KvStore.Http.Telemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Metrics for Prometheus on <c>/metrics</c>, always; and metrics, traces and logs by OTLP where the standard variables of
/// OpenTelemetry name an endpoint (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, or one for a single signal). Nothing is traced where
/// nobody would get it.
/// </summary>
/// <remarks>https://opentelemetry.io/docs/specs/otel/protocol/exporter/</remarks>
internal static class Telemetry
{
    private const string Traces = "TRACES";
    private const string Metrics = "METRICS";
    private const string Logs = "LOGS";

    public static void AddKvStoreTelemetry(this IServiceCollection services, IConfiguration configuration, string nodeName)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, nodeName))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(EdgeMetrics.MeterName, NodeMetrics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel");
                // Whoever asks gets what is; a scrape takes less than a millisecond.
                metrics.AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0);
                if (IsWanted(configuration, Metrics))
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (IsWanted(configuration, Traces))
        {
            telemetry.WithTracing(traces => traces
                .AddSource(Tracing.SourceName)
                .AddAspNetCoreInstrumentation(server => server.Filter = context => Tracing.IsTraced(context.Request.Path))
                .AddOtlpExporter());
        }
    }

    public static void AddKvStoreLogExport(this ILoggingBuilder logging, IConfiguration configuration, string nodeName)
    {
        if (IsWanted(configuration, Logs))
        {
            logging.AddOpenTelemetry(logs => logs
                .SetResourceBuilder(Describe(ResourceBuilder.CreateEmpty(), nodeName))
                .AddOtlpExporter());
        }
    }

    /// <summary>Serves <c>/metrics</c>.</summary>
    public static void MapKvStoreMetrics(this WebApplication app) => app.MapPrometheusScrapingEndpoint();

    private static bool IsWanted(IConfiguration configuration, string signal) =>
        !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])
        || !string.IsNullOrEmpty(configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]);

    /// <summary>The environment (<c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>) has the last word.</summary>
    private static ResourceBuilder Describe(ResourceBuilder resource, string nodeName) => resource.Clear()
        .AddService("kvstore", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3), serviceInstanceId: nodeName)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
