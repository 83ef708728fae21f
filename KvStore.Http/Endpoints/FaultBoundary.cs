using KvStore.Http.Responses;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Endpoints;

/// <summary>The outermost step: whatever is thrown below becomes an answer, or ends the connection where one has begun.</summary>
internal sealed class FaultBoundary(RequestDelegate next, ILogger<FaultBoundary> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionAbortedException or ConnectionResetException or IOException
                                  && e is not BadHttpRequestException
                                  && context.RequestAborted.IsCancellationRequested)
        {
            log.CallerWentAway(context.TraceIdentifier);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, Problems.BadRequest(e.StatusCode, e.Message)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            log.RequestFaulted(e, context.TraceIdentifier, context.Request.Method, target);
            await AnswerAsync(context, Problems.Bug(context.TraceIdentifier)).ConfigureAwait(false);
        }
    }

    private async ValueTask AnswerAsync(HttpContext context, Problem problem)
    {
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.Clear();
        log.RequestRejected(context.TraceIdentifier, problem.Status, problem.Type, problem.Detail);
        await ProblemWriter.WriteAsync(context, problem).ConfigureAwait(false);
    }
}
