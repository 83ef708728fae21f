using System.Diagnostics;
using KvStore.Http.Telemetry;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Endpoints;

internal static class RequestContexts
{
    /// <summary>What goes along with every message of a request: its name, its deadline and its trace.</summary>
    public static RequestContext Of(HttpContext context, TimeSpan limit, TimeProvider time)
    {
        // The server makes an activity where its log is on, whether anybody traces or not. Hierarchical ids, which .NET can still be
        // told to make, mean nothing to a W3C trace.
        var activity = Tracing.Source.HasListeners() && Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current : null;
        return new RequestContext(
            context.TraceIdentifier, Deadline.After(limit, time), activity?.Id, activity?.TraceStateString);
    }
}
