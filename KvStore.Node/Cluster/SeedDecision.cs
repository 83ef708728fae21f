using KvStore.Messages.Routing;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Config;
using KvStore.Node.Storage;

namespace KvStore.Node.Cluster;

/// <summary>
/// Whether the first seed node (or, where pods find each other by the Kubernetes API, any of them) may form a new cluster. Akka
/// lets it, when no other seed node answers for a while; so started in the middle of a partition it would form a second cluster
/// beside the one that it was cut off from. The store knows better: as long as other nodes renew that are members or hold shards, there is a
/// cluster, and this node joins that one or none. Should that cluster end before it has joined, it forms one after all
/// (<see cref="JoinByStore"/>).
/// </summary>
internal static class SeedDecision
{
    /// <summary>A node that may not form a cluster and finds none ends after this: started again it looks anew.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Takes no time where nobody else is a member or holds a shard, else until one of them renews, or each has let 1.1 of its TTL pass.</summary>
    public static async Task<bool> MayFormAsync(
        IKeyStore store, NodeRow self, MembershipOptions cluster, TimeProvider clock, CancellationToken cancellation)
    {
        if (!MayEver(cluster))
        {
            return true;
        }

        var witness = new NodeWitness(clock, self);
        while (await store.RenewAsync(self.NodeId).ConfigureAwait(false) is { } directory)
        {
            witness.Saw(directory);
            if (witness.DoOthersServe(store.IsKnownDead) is { } doServe)
            {
                return !doServe;
            }

            await Task.Delay(Interval, cancellation).ConfigureAwait(false);
        }

        // Its row was taken away already, which takes a clock that jumped: whoever did it is there.
        return false;
    }

    /// <summary>Whether this node is one that forms a cluster where it finds none, beside others that could have one already.</summary>
    private static bool MayEver(MembershipOptions cluster) => cluster.Bootstrap == BootstrapMethod.Kubernetes
        || (cluster.SeedNodes.Length > 1 && cluster.SeedNodes[0] == $"{cluster.Hostname}:{cluster.Port}");

    /// <summary>
    /// Only the first of the list may form a cluster, so a node that may not is no longer the first. None where the pods find each
    /// other: seed nodes would come before that.
    /// </summary>
    public static IEnumerable<string> SeedNodes(MembershipOptions cluster, bool mayForm)
    {
        if (cluster.Bootstrap == BootstrapMethod.Kubernetes)
        {
            return [];
        }

        string[] seeds = cluster.SeedNodes is { Length: > 0 } some ? some : [$"{cluster.Hostname}:{cluster.Port}"];
        return (mayForm ? seeds : [.. seeds[1..], seeds[0]]).Select(seed => $"akka.tcp://{KeyRegion.SystemName}@{seed}");
    }
}
