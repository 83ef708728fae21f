using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Telemetry;

/// <summary>
/// Where KvStore's own spans come from. A request's trace: the server's span at the node that was asked, below it
/// <c>kvstore.key</c> at the node that owns the key, from the request's arrival at the key's actor to its answer, and below that
/// <c>kvstore.commit</c> for a write, from its row's turn at the writer's queue to its fate.
/// </summary>
public static class Tracing
{
    public const string SourceName = "KvStore";

    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>Only requests about keys are worth a trace: probes and scrapes come all the time and tell nothing.</summary>
    public static bool IsTraced(PathString path) => path.StartsWithSegments("/kv", StringComparison.Ordinal);

    /// <summary>
    /// Starts a span that an actor ends at some later message. It does not become the current one: whatever runs next on this
    /// thread has nothing to do with it.
    /// </summary>
    /// <returns>Null where nobody listens or the trace is not sampled.</returns>
    public static Activity? StartDetached(string name, ActivityKind kind, ActivityContext parent)
    {
        var current = Activity.Current;
        var span = Source.StartActivity(name, kind, parent);
        Activity.Current = current;
        return span;
    }

    /// <summary>As the other, with a parent in the form of W3C; without one there is no span: only requests are traced.</summary>
    public static Activity? StartDetached(string name, ActivityKind kind, string? traceParent, string? traceState) =>
        traceParent is not null && Source.HasListeners() && ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent)
            ? StartDetached(name, kind, parent)
            : null;

    /// <summary>Ends a span that <see cref="StartDetached(string, ActivityKind, ActivityContext)"/> began.</summary>
    public static void End(this Activity span, string outcome)
    {
        ArgumentNullException.ThrowIfNull(span);
        span.SetTag("kvstore.outcome", outcome);
        span.Dispose();
    }
}
