using KvStore.Messages.Keys;

namespace KvStore.Messages.Protocol;

/// <summary>
/// What became of a request. The set is closed, and whoever maps it implements <see cref="IKeyReplyVisitor{T}"/>, so the
/// compiler finds a case that was forgotten.
/// </summary>
/// <param name="Node">The node whose actor (or edge) gave the answer.</param>
public abstract record KeyReply(string Node) : IKvStoreMessage
{
    public abstract T Accept<T>(IKeyReplyVisitor<T> visitor);
}

public interface IKeyReplyVisitor<out T>
{
    T Visit(Stored reply);
    T Visit(Deleted reply);
    T Visit(Found reply);
    T Visit(NotModified reply);
    T Visit(Absent reply);
    T Visit(VersionConflict reply);
    T Visit(PreconditionFailed reply);
    T Visit(Unprocessable reply);
    T Visit(Busy reply);
    T Visit(Refused reply);
    T Visit(OutcomeUnknown reply);
}

/// <summary>The write is committed and synced.</summary>
/// <param name="Value">The whole new value where the caller does not have it (PATCH); null after a PUT, whose caller sent it.</param>
public sealed record Stored(KeyVersion Version, JsonText? Value, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>The tombstone is committed and synced.</summary>
/// <param name="Version">The version of the tombstone.</param>
public sealed record Deleted(KeyVersion Version, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>The last committed value.</summary>
/// <param name="Stale">The node could not prove that it is current; only where the request allowed that.</param>
public sealed record Found(KeyVersion Version, JsonText Value, bool Stale, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>A conditional read whose reader has the current version already.</summary>
public sealed record NotModified(KeyVersion Version, bool Stale, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>There is no value, and the request neither created one nor failed a guard.</summary>
public sealed record Absent(bool Stale, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary><c>ifVersion</c> did not hold; nothing changed.</summary>
/// <param name="Current">The committed version, 0 where the key is absent.</param>
public sealed record VersionConflict(KeyVersion Current, KeyVersion Expected, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary><c>If-Match</c> or <c>If-None-Match</c> did not hold; nothing changed.</summary>
/// <param name="Current">The committed version, 0 where the key is absent.</param>
/// <param name="Expected">The version that the failed header named, where it named exactly one.</param>
public sealed record PreconditionFailed(KeyVersion Current, KeyVersion? Expected, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>The request is well formed, but its result may not be stored (a merge that outgrew the value limit); nothing changed.</summary>
/// <param name="Detail">The fault, for the caller's eyes.</param>
public sealed record Unprocessable(string Detail, KeyVersion Current, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>A queue was full; nothing happened, and nothing will.</summary>
/// <param name="Detail">Which queue, and its bound.</param>
public sealed record Busy(string Detail, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>The request was not executed and never will be; it may be sent again.</summary>
/// <param name="FailedNode">The node that stands in the way, where it is one.</param>
public sealed record Refused(RefusalReason Reason, string? FailedNode, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>The write was handed to the store and nobody knows what became of it: it may be committed now, later or never.</summary>
/// <param name="FailedNode">The node that was asked, where it is the one that failed.</param>
public sealed record OutcomeUnknown(string? FailedNode, string Node) : KeyReply(Node)
{
    public override T Accept<T>(IKeyReplyVisitor<T> visitor) => visitor.Visit(this);
}

/// <summary>Why nothing happened. The numbers are on the wire.</summary>
public enum RefusalReason
{
    /// <summary>Another node holds the shard, or it is on its way from one node to another.</summary>
    OwnershipMoving = 0,

    /// <summary>This node holds the shard but could not prove in time that it still does.</summary>
    LeaseNotProven = 1,

    /// <summary>The store did not answer, or refused the row.</summary>
    StoreUnavailable = 2,

    /// <summary>The time ran out before the request was executed.</summary>
    Expired = 3,

    /// <summary>The key's actor is being stopped (hand-off or shutdown).</summary>
    Stopping = 4,

    /// <summary>The node has as many live key actors as it may have.</summary>
    NodeFull = 5,
}
