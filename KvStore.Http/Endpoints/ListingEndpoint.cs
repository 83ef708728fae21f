using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Listing;
using KvStore.Http.Requests;
using KvStore.Http.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Endpoints;

/// <summary>
/// The listing: (1) read the query; (2) take one cluster view and ask every holder for pages; (3) merge them; (4) write lines
/// for as fast as the client reads.
/// </summary>
internal sealed class ListingEndpoint(
    INodeActors nodes, IClusterViewSource views, EdgeOptions options, TimeProvider time, ILogger<ListingEndpoint> log)
{
    private const string Allow = "GET, HEAD, OPTIONS";

    /// <summary>Answers the request, or returns the problem to answer with.</summary>
    public async ValueTask<Served> ServeAsync(HttpContext context, string encodedQuery)
    {
        if (!QueryParameters.Read(encodedQuery).TryGet(out var parameters, out var problem))
        {
            return problem;
        }

        var method = context.Request.Method;
        if (method == HttpMethods.Options)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers[HeaderNames.Allow] = Allow;
            return Served.Here;
        }

        if (method != HttpMethods.Get && method != HttpMethods.Head)
        {
            return Problems.MethodNotAllowed(method, Allow);
        }

        if (!ListingQuery.Read(parameters, method, options.MaxListLimit).TryGet(out var query, out problem))
        {
            return problem;
        }

        context.Response.ContentType = KvStoreHeaders.Ndjson;
        context.Response.Headers[HeaderNames.CacheControl] = KvStoreHeaders.NoStore;

        // HEAD tells what there is to know without a listing: nobody knows its length before its end.
        return method == HttpMethods.Head ? Served.Here : await StreamAsync(context, query).ConfigureAwait(false);
    }

    private async ValueTask<Problem?> StreamAsync(HttpContext context, ListingQuery query)
    {
        // A listing that has its limit, or that failed, leaves pages under way that nobody will read.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var view = await views.RefreshAsync(context.RequestAborted).ConfigureAwait(false);
        if (view.Shards.IsDefaultOrEmpty)
        {
            // Without shards there would be no lines, which says that there are no keys.
            return Problems.ListingUnavailable("this node has not read from the store yet which shards there are");
        }

        var request = RequestContexts.Of(context, options.RequestTimeout, time);
        var listing = new KeyListing(new ListingContext(nodes, request, options.RequestTimeout, time, log, over.Token), view, query);
        try
        {
            using var lines = new NdjsonWriter(context.Response.BodyWriter, query.Values, view.Shards.Select(shard => shard.Node));
            var written = await WriteAsync(listing, lines, context.RequestAborted).ConfigureAwait(false);
            if (listing.Fault is not { } fault)
            {
                return null;
            }

            log.ListingFailed(context.TraceIdentifier, written, fault);
            if (!context.Response.HasStarted)
            {
                return Problems.ListingUnavailable(fault);
            }

            // Ending the body in order would say that these were all the keys.
            context.Abort();
            return null;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<long> WriteAsync(KeyListing listing, NdjsonWriter lines, CancellationToken aborted)
    {
        var written = 0L;
        while (listing.Fault is null)
        {
            while (listing.TryTake(out var entry, out var shard))
            {
                if (!lines.TryAppend(shard, entry))
                {
                    await lines.WriteAsync(shard, entry, aborted).ConfigureAwait(false);
                }

                written++;
                if (lines.IsDue)
                {
                    await lines.FlushAsync(aborted).ConfigureAwait(false);
                    listing.Harvest();
                }
            }

            // Nothing more is at hand: what is has no reason to wait for what is not.
            await lines.FlushAsync(aborted).ConfigureAwait(false);
            if (listing.IsDone)
            {
                break;
            }

            await listing.WaitAsync(aborted).ConfigureAwait(false);
        }

        return written;
    }
}
