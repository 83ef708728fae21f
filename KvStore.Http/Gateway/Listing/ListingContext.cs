using KvStore.Messages.Protocol;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Listing;

/// <summary>What a listing needs of its surroundings.</summary>
/// <param name="Request">The HTTP request's context; each page gets a deadline of its own.</param>
/// <param name="PageLimit">How long this node may take for a page.</param>
/// <param name="Aborted">Ends every request that is under way: the client went away, or the listing is over.</param>
internal sealed record ListingContext(
    INodeActors Nodes, RequestContext Request, TimeSpan PageLimit, TimeProvider Time, ILogger Log, CancellationToken Aborted);
