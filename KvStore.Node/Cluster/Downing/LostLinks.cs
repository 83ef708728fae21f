using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Akka.Cluster;

namespace KvStore.Node.Cluster.Downing;

/// <summary>
/// Who has lost whom, by the table that members gossip. Akka publishes it in an event of an internal type, and tells the
/// public only who was lost by anybody; of a bridge that is everybody but the pillar. So it is read by reflection, once at
/// each change. A spec fails where a new version of Akka has moved it.
/// </summary>
internal static class LostLinks
{
    private const string EventName = "Akka.Cluster.ClusterEvent+ReachabilityChanged";

    public static bool IsChange(ClusterEvent.IClusterDomainEvent happened) => happened.GetType().FullName == EventName;

    public static ImmutableArray<LostLink> Of(ClusterEvent.IClusterDomainEvent change)
    {
        var records = (IEnumerable)Read(Read(change, "Reachability"), "Records");
        return
        [
            .. from object record in records
               where Read(record, "Status").ToString() != "Reachable"
               select new LostLink(AddressOf(record, "Observer"), AddressOf(record, "Subject")),
        ];
    }

    private static string AddressOf(object record, string property) => ((UniqueAddress)Read(record, property)).Address.ToString();

    private static object Read(object instance, string property) =>
        instance.GetType().GetProperty(property, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(instance)
        ?? throw new MissingMemberException(instance.GetType().FullName, property);
}
