using Akka.Actor;

namespace KvStore.Node.Ownership;

// What key actors say to the node's ownership actor, and what they hear.

/// <summary>The sender wants to load a key of this shard. Answered by <see cref="ShardHeld"/> or <see cref="ShardRefused"/>.</summary>
public sealed record HoldShard(int Shard) : INoSerializationVerificationNeeded;

public sealed record ShardHeld(int Shard) : INoSerializationVerificationNeeded;

/// <param name="Holder">The name of the node that holds the shard, or null where the store did not say.</param>
/// <param name="StoreFailed">The store did not answer.</param>
public sealed record ShardRefused(int Shard, string? Holder, bool StoreFailed) : INoSerializationVerificationNeeded;

/// <summary>The sender could not prove its epoch. Answered by <see cref="RenewalDone"/> after the next renewal, whatever came of it.</summary>
public sealed record RenewNow : INoSerializationVerificationNeeded
{
    public static readonly RenewNow Instance = new();
}

/// <summary>
/// The sender wants to know who holds what now, so that a renewal under way will not do. Answered by <see cref="RenewalDone"/>
/// after one that was sent from now on.
/// </summary>
public sealed record RefreshDirectory : INoSerializationVerificationNeeded
{
    public static readonly RefreshDirectory Instance = new();
}

public sealed record RenewalDone : INoSerializationVerificationNeeded
{
    public static readonly RenewalDone Instance = new();
}

/// <summary>The last key actor of the shard stopped for a hand-off: its successor is waiting.</summary>
public sealed record ShardUnused(int Shard) : INoSerializationVerificationNeeded;

/// <summary>The node shuts down: release everything, leave the store. Answered by <see cref="Done"/>.</summary>
public sealed record GiveUpAll : INoSerializationVerificationNeeded
{
    public static readonly GiveUpAll Instance = new();
}

/// <summary>This node is no member of the cluster any more.</summary>
public sealed record MembershipEnded : INoSerializationVerificationNeeded
{
    public static readonly MembershipEnded Instance = new();
}
