using System.Diagnostics;
using KvStore.Http.Telemetry;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;

namespace KvStore.Node.Keys;

/// <summary>The spans of a key actor; see <see cref="Tracing"/>. Without a listener each costs a look at a field.</summary>
internal static class KeySpans
{
    /// <summary>As many requests as one row's span refers to; thousands may be coalesced into it.</summary>
    private const int MaxLinks = 32;

    public static Activity? Start(IKeyMessage request, string nodeName)
    {
        var span = Tracing.StartDetached("kvstore.key", ActivityKind.Server, request.Context.TraceParent, request.Context.TraceState);
        return span?
            .SetTag("kvstore.node", nodeName)
            .SetTag("kvstore.request", request.GetType().Name);
    }

    public static void End(Activity? span, KeyReply reply)
    {
        if (span is not null)
        {
            span.End(RequestOutcome.Of(reply));
        }
    }

    /// <summary>A child of the first traced request that the row stands for, with links to the others.</summary>
    public static Activity? StartCommit(PendingRow row, List<Waiter> waiters)
    {
        if (!Tracing.Source.HasListeners())
        {
            return null;
        }

        var traced = waiters.Where(waiter => waiter.Asked.Span is not null).Select(waiter => waiter.Asked.Span!.Context).Take(MaxLinks).ToList();
        if (traced.Count == 0)
        {
            return null;
        }

        var span = Tracing.StartDetached("kvstore.commit", ActivityKind.Internal, traced[0]);
        foreach (var other in traced.Skip(1))
        {
            span?.AddLink(new ActivityLink(other));
        }

        return span?
            .SetTag("kvstore.shard", row.Write.Shard)
            .SetTag("kvstore.epoch", row.Write.Epoch)
            .SetTag("kvstore.requests", waiters.Count);
    }
}
