using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Remote.Hosting;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Config;
using KvStore.Node.Inspection;
using KvStore.Node.Keys;
using KvStore.Node.Kubernetes;
using KvStore.Node.Listing;
using KvStore.Node.Ownership;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster;

/// <summary>Puts the actor system together: remoting, membership, sharding, the node's own actors.</summary>
internal static class ClusterHosting
{
    private static readonly TimeSpan RefreshLimit = TimeSpan.FromSeconds(2);

    public static void AddKvStoreCluster(this IServiceCollection services, NodeParts parts) =>
        services.AddAkka(KeyRegion.SystemName, (akka, provider) => akka
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory(provider.GetRequiredService<ILoggerFactory>());
            })
            .AddHocon(ClusterHocon.Of(parts.Options, parts.MayFormCluster), HoconAddMode.Prepend)
            .WithKvStoreWire()
            .WithRemoting(new RemoteOptions
            {
                HostName = parts.Options.Cluster.BindHostname is { Length: > 0 } bind ? bind : parts.Options.Cluster.Hostname,
                PublicHostName = parts.Options.Cluster.Hostname,
                Port = parts.Options.Cluster.Port,
                PublicPort = parts.Options.Cluster.Port,
            })
            .WithClustering(new ClusterOptions
            {
                SeedNodes = [.. SeedDecision.SeedNodes(parts.Options.Cluster, parts.MayFormCluster)],
                Roles = [StoreRole.Of(parts.Identity)],
            })
            .WithKubernetes(parts.Options, parts.MayFormCluster)
            .WithPetabridgeCmd(parts.Options)
            .AddSetup(new StoreDowningSetup(
                parts.Witness, parts.Options.Cluster.StableAfter, parts.Loggers.CreateLogger<StoreDowningProvider>()))
            .WithActors((system, registry) => StartNodeActors(system, registry, parts))
            .WithShardRegion<KeyRegion>(
                KeyRegion.TypeName,
                (_, registry, _) =>
                {
                    var props = KeyActorProps(registry, parts, provider);
                    return _ => props;
                },
                new KeyMessageExtractor(parts.Options.Shards),
                new ShardOptions
                {
                    Role = StoreRole.Of(parts.Identity),
                    StateStoreMode = StateStoreMode.DData,
                    RememberEntities = false,
                    HandOffStopMessage = StopKey.HandOff,
                    // LiveKeyBudget does that, by count as well as by time.
                    ShouldPassivateIdleEntities = false,
                }));

    private static Props KeyActorProps(IReadOnlyActorRegistry registry, NodeParts parts, IServiceProvider provider)
    {
        var context = new KeyActorContext(
            parts.Options.NodeName, parts.Options.Limits, parts.Store, parts.Writer, parts.Leases, parts.LiveKeys,
            registry.Get<OwnershipActor>(), TimeProvider.System, provider.GetRequiredService<ILogger<KeyActor>>());
        return Props.CreateBy(new KeyActorProducer(context));
    }

    private static void StartNodeActors(ActorSystem system, IActorRegistry registry, NodeParts parts)
    {
        var loggers = parts.Loggers;
        var cluster = ClusterExtension.Get(system);
        var ownership = system.ActorOf(
            Props.Create(() => new OwnershipActor(new OwnershipContext(
                parts.Self, parts.Options.Storage, parts.Store, parts.Writer, parts.Leases, parts.LiveKeys, BootClock.Instance,
                () => MayServe(cluster.SelfMember.Status), parts.DirectoryChanged, loggers.CreateLogger<OwnershipActor>()))),
            "ownership");
        registry.Register<OwnershipActor>(ownership);
        // It announces itself after a renewal, and who starts meanwhile should know.
        cluster.RegisterOnMemberUp(() => ownership.Tell(RenewNow.Instance, ActorRefs.NoSender));
        registry.Register<NodeActor>(system.ActorOf(
            Props.Create(() => new NodeActor(
                parts.Options.NodeName, parts.Store, parts.LiveKeys, parts.Leases, parts.Writer, parts.Load, TimeProvider.System)),
            KeyRegion.NodeActorName));
        parts.View.AskForDirectory = cancelled => AskForDirectoryAsync(ownership, cancelled);
        system.ActorOf(Props.Create(() => new ClusterViewActor(parts.View, ownership, loggers.CreateLogger<ClusterViewActor>())), "cluster-view");
        system.ActorOf(Props.Create(() => new UndeliveredRequests(parts.Options.NodeName, parts.Metrics)), "undelivered-requests");
        system.ActorOf(
            Props.Create(() => new LiveKeyBudget(parts.LiveKeys, parts.Options.Limits, loggers.CreateLogger<LiveKeyBudget>())),
            "live-key-budget");

        system.ActorOf(Props.Create(() => new JoinByStore(parts)), "join-by-store");
        // After the region handed its shards off, before this node tells the others that it leaves.
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseClusterLeave, "release-leases", async () =>
        {
            await ownership.Ask<Akka.Done>(GiveUpAll.Instance, TimeSpan.FromSeconds(4)).ConfigureAwait(false);
            return Akka.Done.Instance;
        });
    }

    private static async Task AskForDirectoryAsync(IActorRef ownership, CancellationToken cancelled)
    {
        try
        {
            await ownership.Ask<RenewalDone>(RefreshDirectory.Instance, RefreshLimit, cancelled).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // The view is read most when things are bad: then what there is must do.
        }
    }

    /// <summary>A leaving node serves until its shards are handed off.</summary>
    private static bool MayServe(MemberStatus status) => status is MemberStatus.Up or MemberStatus.Leaving;

    private sealed class KeyActorProducer(KeyActorContext context) : IIndirectActorProducer
    {
        public Type ActorType => typeof(KeyActor);

        public ActorBase Produce() => new KeyActor(context);

        public void Release(ActorBase actor)
        {
        }
    }
}
