using System.Collections.Immutable;
using KvStore.Http.Gateway;
using KvStore.Http.Responses;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Endpoints;

/// <summary>
/// The cluster as this node knows it. Whatever does not answer leaves a gap, never an error: it is read when things are bad.
/// </summary>
internal sealed class ClusterEndpoint(
    IClusterViewSource views, INodeActors nodes, IKeyCounts counts, TimeProvider time, ILogger<ClusterEndpoint> log)
{
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountLimit = TimeSpan.FromSeconds(2);

    public async Task ServeAsync(HttpContext context)
    {
        var document = await ReadAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers[HeaderNames.CacheControl] = KvStoreHeaders.NoStore;
        await context.Response.WriteAsJsonAsync(document, EdgeJson.Default.ClusterDocument, KvStoreHeaders.Json, context.RequestAborted)
            .ConfigureAwait(false);
    }

    private async Task<ClusterDocument> ReadAsync(CancellationToken aborted)
    {
        // Both ask the store, which may be what is bad.
        var counting = CountAsync(aborted);
        var view = await views.RefreshAsync(aborted).ConfigureAwait(false);
        var members = await Task.WhenAll(view.Members.Select(member => ReadMemberAsync(member, aborted))).ConfigureAwait(false);
        var counted = await counting.ConfigureAwait(false);
        return new ClusterDocument(
            new ClusterNode(view.Self.Name, view.Self.AkkaAddress, view.Self.HttpAddress),
            [.. members],
            counted?.CountedAt,
            view.Shards.Select(shard => ShardOf(shard, counted)).ToImmutableArray());
    }

    private static ClusterShard ShardOf(ShardView shard, KeyCounts? counted) => new(
        shard.Shard,
        shard.Node,
        counted is not null && shard.Shard < counted.ByShard.Length ? counted.ByShard[shard.Shard] : null,
        shard.Epoch);

    private async Task<ClusterMember> ReadMemberAsync(MemberView member, CancellationToken aborted)
    {
        var status = member.Reachable
            ? await nodes.StatusAsync(member.AkkaAddress, StatusLimit, aborted).ConfigureAwait(false)
            : null;
        return ClusterMember.Of(member, status);
    }

    private async Task<KeyCounts?> CountAsync(CancellationToken aborted)
    {
        using var late = new CancellationTokenSource(CountLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted, late.Token);
        try
        {
            return await counts.GetAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!aborted.IsCancellationRequested)
        {
            // Any store's own exceptions: which ones they are the edge cannot know, and the rest is worth having without.
            log.CountFailed(e);
            return null;
        }
    }
}
