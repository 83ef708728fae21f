using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Downing;

/// <summary>What the downing provider needs and Akka, which creates it by its name, cannot give it.</summary>
internal sealed class StoreDowningSetup(NodeWitness witness, TimeSpan stableAfter, ILogger log) : Setup
{
    public NodeWitness Witness => witness;

    public TimeSpan StableAfter => stableAfter;

    public ILogger Log => log;
}

/// <summary>
/// Takes the place of Akka's split brain resolver, which knows nothing but the network, so that it must wait long before it
/// believes in a crash. The rules are <see cref="DowningRules"/>.
/// </summary>
public sealed class StoreDowningProvider(ActorSystem system, ClusterExtension cluster) : IDowningProvider
{
    /// <summary>
    /// Akka would wait here until a removed member has surely stopped. Ours may go on for as long as it likes: the store lets
    /// it do nothing.
    /// </summary>
    public TimeSpan DownRemovalMargin => TimeSpan.Zero;

    public Props? DowningActorProps => system.Settings.Setup.Get<StoreDowningSetup>() is { HasValue: true, Value: var setup }
        ? Props.Create(() => new StoreDowningActor(cluster, setup.Witness, setup.StableAfter, setup.Log))
        : throw new InvalidOperationException($"The actor system was made without a {nameof(StoreDowningSetup)}.");
}
