using Akka.Cluster;
using KvStore.Node.Storage;

namespace KvStore.Node.Cluster;

/// <summary>
/// Nodes of one cluster have one store. Each carries its store's id as a cluster role, and sharding is bound to that role, so
/// that a node which joins with another store is never given a shard; it finds out by the others' roles and leaves again.
/// </summary>
internal static class StoreRole
{
    private const string Prefix = "store-";

    public static string Of(StoreIdentity identity) => $"{Prefix}{identity.StoreId:N}";

    /// <summary>An older member that has another store than <paramref name="self"/>, or null.</summary>
    public static Member? FindOlderStranger(Member self, IEnumerable<Member> members)
    {
        var mine = Find(self);
        return members.FirstOrDefault(other => Find(other) is { } theirs && theirs != mine && other.IsOlderThan(self));
    }

    private static string? Find(Member member) => member.Roles.FirstOrDefault(role => role.StartsWith(Prefix, StringComparison.Ordinal));
}
