using System.Collections.Immutable;
using System.Text.Json.Serialization;
using KvStore.Http.Telemetry;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Endpoints;

/// <summary>What <c>GET /cluster</c> gives.</summary>
/// <param name="Node">The node that answers.</param>
/// <param name="CountedAt">When the keys were counted; null where they could not be.</param>
internal sealed record ClusterDocument(
    ClusterNode Node, ImmutableArray<ClusterMember> Members, DateTimeOffset? CountedAt, ImmutableArray<ClusterShard> Shards);

internal sealed record ClusterNode(string Name, string Address, string Http);

/// <param name="LiveKeys">This and what follows is the member's own account, null where it gave none.</param>
internal sealed record ClusterMember(
    string? Name,
    string Address,
    string? Http,
    string Status,
    ImmutableArray<string> Roles,
    bool Reachable,
    int? LiveKeys,
    int? HeldShards,
    bool? LeaseValid,
    int? QueuedRows,
    long? Commits,
    MemberRequests? Requests)
{
    public static ClusterMember Of(MemberView member, NodeStatus? status) => new(
        member.Name,
        member.AkkaAddress,
        member.HttpAddress,
        member.Status,
        member.Roles,
        member.Reachable,
        status?.LiveKeys,
        status?.HeldShards,
        status?.LeaseValid,
        status?.QueuedRows,
        status?.Commits,
        MemberRequests.Of(status));
}

/// <summary>Requests about keys that the member answered since its start, by how long each took.</summary>
/// <param name="Counts">By class: up to each bound, and one more for what took longer than the last.</param>
internal sealed record MemberRequests(long Count, ImmutableArray<double> BoundsSeconds, ImmutableArray<long> Counts)
{
    /// <summary>Null where the member gave no account, or counts by other classes, as one of another release may.</summary>
    public static MemberRequests? Of(NodeStatus? status) =>
        status?.LatencyCounts is { } counts && counts.Length == RequestLoad.BoundsSeconds.Length + 1
            ? new MemberRequests(counts.Aggregate(0L, (sum, count) => sum + count), RequestLoad.BoundsSeconds, counts)
            : null;
}

/// <param name="Node">The holder, or null where nobody holds the shard.</param>
/// <param name="Keys">Null where they could not be counted.</param>
internal sealed record ClusterShard(int Shard, string? Node, long? Keys, long Epoch);

internal sealed record HealthDocument(string Status, ImmutableArray<HealthCheckLine> Checks);

internal sealed record HealthCheckLine(string Name, string Status, string? Description);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterDocument))]
[JsonSerializable(typeof(HealthDocument))]
internal sealed partial class EdgeJson : JsonSerializerContext;
