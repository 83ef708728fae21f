using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Responses;

/// <summary>Step 8 of a request's path: the answer, given what became of it. A reply type without a case does not compile.</summary>
/// <param name="request">What was asked; null for a read that was answered without a message.</param>
/// <param name="view">Names the node that should have served the key, where the reply does not say who failed.</param>
internal sealed class ReplyMapping(Key key, IKeyMessage? request, ClusterView view) : IKeyReplyVisitor<KeyAnswer>
{
    public KeyAnswer Visit(Stored reply) => new(StatusCodes.Status200OK, key)
    {
        Node = reply.Node,
        Version = reply.Version,
        IsTagged = true,
        CacheControl = KvStoreHeaders.NoCache,
        ContentLocation = KeyPaths.Of(key),
        Value = reply.Value ?? SentValue(),
    };

    public KeyAnswer Visit(Deleted reply) => new(StatusCodes.Status204NoContent, key) { Node = reply.Node, Version = reply.Version };

    public KeyAnswer Visit(Found reply) => new(StatusCodes.Status200OK, key)
    {
        Node = reply.Node,
        Version = reply.Version,
        IsTagged = true,
        IsStale = reply.Stale,
        CacheControl = CachingOf(reply.Stale),
        Value = reply.Value,
    };

    public KeyAnswer Visit(NotModified reply) => new(StatusCodes.Status304NotModified, key)
    {
        Node = reply.Node,
        Version = reply.Version,
        IsTagged = true,
        IsStale = reply.Stale,
        CacheControl = CachingOf(reply.Stale),
    };

    public KeyAnswer Visit(Absent reply) => Failed(Problems.NoSuchKey(key)) with
    {
        Node = reply.Node,
        Version = KeyVersion.None,
        IsStale = reply.Stale,
        CacheControl = CachingOf(reply.Stale),
    };

    public KeyAnswer Visit(VersionConflict reply) => Failed(Problems.VersionConflict(key, reply.Current, reply.Expected)) with
    {
        Node = reply.Node,
        Version = reply.Current,
    };

    public KeyAnswer Visit(PreconditionFailed reply) => Failed(Problems.PreconditionFailed(key, reply.Current, reply.Expected)) with
    {
        Node = reply.Node,
        Version = reply.Current,
    };

    public KeyAnswer Visit(Unprocessable reply) => Failed(Problems.Unprocessable(key, reply.Detail, reply.Current)) with
    {
        Node = reply.Node,
        Version = reply.Current,
    };

    public KeyAnswer Visit(Busy reply) => Failed(Problems.Busy(key, reply.Detail, reply.Node, OutcomeOfNothing())) with
    {
        Node = reply.Node,
    };

    public KeyAnswer Visit(Refused reply)
    {
        var (slug, detail, failed) = reply.Reason switch
        {
            RefusalReason.OwnershipMoving => ("ownership-moving", "The key is on its way from one node to another.", Holder()),
            RefusalReason.LeaseNotProven => ("lease-not-proven", "The node of the key could not prove that it still owns it.", reply.Node),
            RefusalReason.StoreUnavailable => ("store-unavailable", "The store does not answer.", null),
            RefusalReason.Expired => ("no-answer-in-time", "The node of the key did not answer in time.", Holder()),
            RefusalReason.Stopping => ("node-stopping", "The node of the key is handing it on.", reply.Node),
            RefusalReason.NodeFull => ("node-full", "The node of the key serves as many keys as it may.", reply.Node),
            _ => ("unavailable", "The node of the key refused the request.", reply.Node),
        };
        return Failed(Problems.Unavailable(key, slug, detail, reply.FailedNode ?? failed, OutcomeOfNothing()));
    }

    public KeyAnswer Visit(OutcomeUnknown reply) => Failed(Problems.OutcomeUnknown(key, reply.FailedNode));

    private static string CachingOf(bool stale) => stale ? KvStoreHeaders.NoStore : KvStoreHeaders.NoCache;

    private KeyAnswer Failed(Problem problem) => new(problem.Status, key) { Problem = problem };

    private JsonText SentValue() => request is PutValue put
        ? put.Value
        : throw new InvalidOperationException($"{request?.GetType().Name ?? nameof(GetValue)} was answered as stored, but without its value.");

    private string? OutcomeOfNothing() => request is IKeyCommand ? Problem.NotApplied : null;

    private string? Holder() => ShardHolders.HolderOf(key, view);
}
