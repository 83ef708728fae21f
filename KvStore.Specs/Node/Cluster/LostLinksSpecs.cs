using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using KvStore.Node.Cluster.Downing;

namespace KvStore.Specs.Node.Cluster;

public sealed class LostLinksSpecs
{
    private static readonly UniqueAddress One = new(new Address("akka.tcp", "kvstore", "one", 4053), 1);
    private static readonly UniqueAddress Other = new(new Address("akka.tcp", "kvstore", "other", 4053), 2);

    /// <summary>Breaks when a new version of Akka has moved what is read by reflection.</summary>
    [Fact]
    public void Akkas_table_of_who_has_lost_whom_can_be_read()
    {
        var assembly = typeof(ClusterEvent).Assembly;
        var type = assembly.GetType("Akka.Cluster.Reachability", throwOnError: true)!;
        var table = type.GetField("Empty")!.GetValue(null)!;
        table = type.GetMethod("Unreachable", [typeof(UniqueAddress), typeof(UniqueAddress)])!.Invoke(table, [One, Other])!;
        table = type.GetMethod("Unreachable", [typeof(UniqueAddress), typeof(UniqueAddress)])!.Invoke(table, [Other, One])!;
        table = type.GetMethod("Reachable", [typeof(UniqueAddress), typeof(UniqueAddress)])!.Invoke(table, [Other, One])!;
        var change = (ClusterEvent.IClusterDomainEvent)Activator.CreateInstance(
            assembly.GetType("Akka.Cluster.ClusterEvent+ReachabilityChanged", throwOnError: true)!,
            BindingFlags.Instance | BindingFlags.Public, null, [table], null)!;

        Assert.True(LostLinks.IsChange(change));
        Assert.Equal(new LostLink(One.Address.ToString(), Other.Address.ToString()), Assert.Single(LostLinks.Of(change)));
    }
}
