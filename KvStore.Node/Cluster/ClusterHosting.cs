using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Remote.Hosting;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Cluster.Allocation;
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
                HostName = parts.Options.Cluster.ListenHost(),
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
            .WithActors((system, registry) => StartRegion(system, registry, parts, provider)));

    /// <summary>As <c>WithShardRegion</c> of Akka.Cluster.Hosting, which has no place for a strategy of ours.</summary>
    private static void StartRegion(ActorSystem system, IActorRegistry registry, NodeParts parts, IServiceProvider provider)
    {
        var leaving = new LeavingMembers(TimeProvider.System);
        system.ActorOf(Props.Create(() => new ShardMoves(leaving)), ShardMoves.Name);
        var props = KeyActorProps(registry, parts, provider);
        var region = ClusterSharding.Get(system).Start(
            KeyRegion.TypeName,
            _ => props,
            ClusterShardingSettings.Create(system)
                .WithRole(StoreRole.Of(parts.Identity))
                .WithStateStoreMode(StateStoreMode.DData)
                .WithRememberEntities(false)
                // LiveKeyBudget does that, by count as well as by time.
                .WithPassivateIdleAfter(TimeSpan.Zero),
            new KeyMessageExtractor(parts.Options.Shards),
            new ShardAllocation(leaving),
            StopKey.HandOff);
        registry.Register<KeyRegion>(region);
        var linkOptions = LinkOptions(parts.Options);
        system.ActorOf(
            Props.Create(() => new NodeLinkActor(
                provider.GetRequiredService<NodeLinks>(), provider.GetRequiredService<KeyGateway>(), linkOptions, TimeProvider.System,
                parts.Loggers.CreateLogger<NodeLinkActor>())),
            NodeLinkActor.NameOf(parts.Identity.StoreId));
        var log = parts.Loggers.CreateLogger("KvStore.Node.Cluster.Allocation");
        var cluster = ClusterExtension.Get(system);
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "move-shards-away", async () =>
        {
            if (IsFarewell(shutdown))
            {
                await ShardDrain.RunAsync(cluster, log).ConfigureAwait(false);
            }

            return Akka.Done.Instance;
        });
        shutdown.AddTask(ClusterHocon.GiveUpPhase, "give-up-shards", async () =>
        {
            await registry.Get<OwnershipActor>().Ask<Akka.Done>(GiveUpAll.Instance, TimeSpan.FromSeconds(4)).ConfigureAwait(false);
            if (IsFarewell(shutdown))
            {
                await ShardPlacement.PlaceAllAsync(cluster, leaving, parts.Options.Shards, log).ConfigureAwait(false);
            }

            return Akka.Done.Instance;
        });
    }

    private static NodeLinkOptions LinkOptions(NodeOptions options) =>
        ListenCheck.Resolve(options.Cluster.ListenHost(), out var address) is { } fault
            ? throw new StartRefusedException($"KvStore:Cluster:Hostname: {fault}")
            : new NodeLinkOptions(new IPEndPoint(address, options.Cluster.LinkPort), ClusterHocon.FrameBytes(options.Limits));

    /// <summary>A node that was downed holds no shard any more, and nobody listens to it.</summary>
    private static bool IsFarewell(CoordinatedShutdown shutdown) => shutdown.ShutdownReason is not CoordinatedShutdown.ClusterDowningReason;

    private static Props KeyActorProps(IReadOnlyActorRegistry registry, NodeParts parts, IServiceProvider provider)
    {
        var context = new KeyActorContext(
            parts.Options.NodeName, parts.Options.Limits, parts.Store, parts.Writer, parts.Leases, parts.LiveKeys,
            registry.Get<OwnershipActor>(), TimeProvider.System, provider.GetRequiredService<ILogger<KeyActor>>());
        return Props.CreateBy(new KeyActorProducer(context)).WithMailbox(KeyMailbox.Id);
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
