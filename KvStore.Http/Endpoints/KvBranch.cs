using KvStore.Http.Requests;
using KvStore.Http.Responses;
using KvStore.Http.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Endpoints;

/// <summary>
/// Step 1 of a request's path: serves <c>/kv</c> and everything below it, by the target as it was sent. It comes before routing, which only knows the path
/// that the server has made of it.
/// </summary>
internal sealed class KvBranch(
    RequestDelegate next, KeyEndpoint keys, ListingEndpoint listing, EdgeMetrics metrics, TimeProvider time, ILogger<KvBranch> log)
{
    public Task InvokeAsync(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return RequestTarget.TryRead(raw, out var target) ? ServeAsync(context, target).AsTask() : next(context);
    }

    private async ValueTask ServeAsync(HttpContext context, RequestTarget target)
    {
        var begun = time.GetTimestamp();
        var operation = target.Key is null ? "list" : OperationOf(context.Request.Method);
        var (outcome, owner) = (RequestOutcome.Error, (string?)null);
        metrics.RequestBegun();
        try
        {
            var served = target.Key is null
                ? await listing.ServeAsync(context, target.Query).ConfigureAwait(false)
                : await keys.ServeAsync(context, target.Key, target.Query).ConfigureAwait(false);
            if (served.Problem is { } problem)
            {
                log.RequestRejected(context.TraceIdentifier, problem.Status, problem.Type, problem.Detail);
                await ProblemWriter.WriteAsync(context, problem).ConfigureAwait(false);
            }

            (outcome, owner) = (OutcomeOf(served), served.Reply?.Node);
        }
        finally
        {
            if (outcome == RequestOutcome.Error && context.RequestAborted.IsCancellationRequested)
            {
                outcome = RequestOutcome.Aborted;
            }

            metrics.RequestEnded(operation, outcome, owner, time.GetElapsedTime(begun));
        }
    }

    private static string OutcomeOf(Served served) =>
        served.Reply is { } reply ? RequestOutcome.Of(reply)
        : served.Problem is { } problem ? RequestOutcome.Of(problem.Status)
        : RequestOutcome.Ok;

    /// <summary>A closed set, since a label that callers choose would grow without bound.</summary>
    private static string OperationOf(string method) => method switch
    {
        "GET" => "get",
        "HEAD" => "head",
        "PUT" => "put",
        "PATCH" => "patch",
        "DELETE" => "delete",
        "OPTIONS" => "options",
        _ => "other",
    };
}
