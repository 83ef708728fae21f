using System.Collections.Immutable;

namespace KvStore.Messages.Protocol;

/// <summary>
/// What this node knows of the cluster: members from Akka, shards from the store's lease table as of the last renewal. An
/// immutable snapshot; a request takes one and keeps it.
/// </summary>
/// <param name="Shards">By shard number.</param>
public sealed record ClusterView(NodeView Self, ImmutableArray<MemberView> Members, ImmutableArray<ShardView> Shards)
{
    /// <summary>
    /// How many members of an address were taken out of the cluster as dead or cut off since this node is in it. A node that
    /// left in good order is not counted, and one that was started again has the address of the one before.
    /// </summary>
    public ImmutableDictionary<string, int> Losses { get; init; } = ImmutableDictionary<string, int>.Empty;

    public int LossesOf(string akkaAddress) => Losses.GetValueOrDefault(akkaAddress);

    /// <summary>Whether any member of an address is so: one that was started again is there twice until the one before is removed.</summary>
    public bool HasMemberAt(string akkaAddress, Func<MemberView, bool> isSo)
    {
        // Asked for each request that is sent on: a loop leaves nothing behind.
        foreach (var member in Members)
        {
            if (member.AkkaAddress == akkaAddress && isSo(member))
            {
                return true;
            }
        }

        return false;
    }
}

/// <param name="AkkaAddress">Such as <c>akka.tcp://kvstore@10.0.0.7:4053</c>.</param>
/// <param name="HttpAddress">Where the node serves HTTP, as it announced it.</param>
public sealed record NodeView(string Name, string AkkaAddress, string HttpAddress);

/// <param name="Name">Null until the member's row was read from the store.</param>
/// <param name="Status">Akka's member status: <c>Joining</c>, <c>Up</c>, <c>Leaving</c>, …</param>
public sealed record MemberView(
    string? Name, string AkkaAddress, string? HttpAddress, string Status, ImmutableArray<string> Roles, bool Reachable);

/// <param name="Node">The holder's name, or null where nobody holds the shard.</param>
/// <param name="NodeAkkaAddress">The holder's address, or null likewise.</param>
/// <param name="Epoch">The epoch of the last acquisition, 0 before the first.</param>
public sealed record ShardView(int Shard, string? Node, string? NodeAkkaAddress, long Epoch);

/// <summary>Asks a node how it is.</summary>
public sealed record GetNodeStatus : IKvStoreMessage
{
    public static readonly GetNodeStatus Instance = new();
}

/// <param name="LiveKeys">Key actors that live on the node.</param>
/// <param name="HeldShards">Shards that it holds by its own account.</param>
/// <param name="LeaseValid">Whether it could prove now that it holds them.</param>
/// <param name="QueuedRows">Rows that wait for its group-commit writer.</param>
/// <param name="Commits">Transactions that its writer committed since it started.</param>
/// <param name="LatencyCounts">Requests that its edge answered since it started, by classes of how long each took.</param>
public sealed record NodeStatus(
    string Node, int LiveKeys, int HeldShards, bool LeaseValid, int QueuedRows, long Commits, ImmutableArray<long> LatencyCounts)
    : IKvStoreMessage;

/// <summary>Asks the coordinator's node to move the sender's shards to others, since it is about to leave.</summary>
public sealed record MoveMyShards : IKvStoreMessage
{
    public static readonly MoveMyShards Instance = new();
}

/// <param name="Count">Shards of the asker that will be moved yet, 0 where nobody stays who could take them; null before the coordinator has looked.</param>
public sealed record ShardsLeft(int? Count) : IKvStoreMessage;
