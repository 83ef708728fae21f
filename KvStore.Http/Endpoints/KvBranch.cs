using KvStore.Http.Requests;
using KvStore.Http.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Endpoints;

/// <summary>
/// Step 1 of a request's path: serves <c>/kv</c> and everything below it, by the target as it was sent. It comes before routing, which only knows the path
/// that the server has made of it.
/// </summary>
internal sealed class KvBranch(RequestDelegate next, KeyEndpoint keys, ListingEndpoint listing, ILogger<KvBranch> log)
{
    public Task InvokeAsync(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return RequestTarget.TryRead(raw, out var target) ? ServeAsync(context, target).AsTask() : next(context);
    }

    private async ValueTask ServeAsync(HttpContext context, RequestTarget target)
    {
        var problem = target.Key is null
            ? await listing.ServeAsync(context, target.Query).ConfigureAwait(false)
            : await keys.ServeAsync(context, target.Key, target.Query).ConfigureAwait(false);
        if (problem is not null)
        {
            log.RequestRejected(context.TraceIdentifier, problem.Status, problem.Type, problem.Detail);
            await ProblemWriter.WriteAsync(context, problem).ConfigureAwait(false);
        }
    }
}
