using KvStore.Http.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Endpoints;

/// <summary>Health by the tags of the checks that the host registered: 200, or 503 where one of them is unhealthy.</summary>
internal static class HealthEndpoints
{
    public static void MapKvStoreHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/healthz/live", Tagged(HealthTags.Live));
        endpoints.MapHealthChecks("/healthz/ready", Tagged(HealthTags.Ready));
        endpoints.MapHealthChecks("/health", Tagged(HealthTags.Live, HealthTags.Ready));
    }

    private static HealthCheckOptions Tagged(params string[] tags) => new()
    {
        Predicate = check => check.Tags.Overlaps(tags),
        ResponseWriter = WriteAsync,
    };

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.Headers[HeaderNames.CacheControl] = KvStoreHeaders.NoStore;
        var document = new HealthDocument(
            report.Status.ToString(),
            [.. report.Entries.Select(entry => new HealthCheckLine(entry.Key, entry.Value.Status.ToString(), entry.Value.Description))]);
        return context.Response.WriteAsJsonAsync(document, EdgeJson.Default.HealthDocument, KvStoreHeaders.Json, context.RequestAborted);
    }
}
