using Akka.Cluster;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>Members that serve from the same store as this node.</summary>
internal static class StoreMembers
{
    /// <summary>Those that could take shards.</summary>
    public static IEnumerable<Member> Staying(this ClusterExtension cluster, LeavingMembers leaving) => cluster.State.Members.Where(member =>
        SharesRole(cluster, member) && member.Status == MemberStatus.Up
        && !leaving.Contains(member.Address) && !cluster.State.Unreachable.Contains(member));

    /// <summary>Where the coordinator is, as it is a singleton; null where nobody is left.</summary>
    public static Member? FindOldest(this ClusterExtension cluster) => cluster.State.Members
        .Where(member => SharesRole(cluster, member))
        .Aggregate((Member?)null, (oldest, member) => oldest is null || member.IsOlderThan(oldest) ? member : oldest);

    private static bool SharesRole(ClusterExtension cluster, Member member) => member.Roles.Overlaps(cluster.SelfRoles);
}
