using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using KvStore.Http;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Listing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvStore.Node.Diagnostics;

internal static class HealthChecks
{
    public static IServiceCollection AddKvStoreHealth(this IServiceCollection services)
    {
        services.AddSingleton<RegionCheck>();
        services.AddHealthChecks()
            .AddCheck<DispatcherCheck>("actors", tags: [HealthTags.Live])
            .AddCheck<MemberCheck>("member", tags: [HealthTags.Ready])
            .AddCheck<RegionCheck>("region", tags: [HealthTags.Ready])
            .AddCheck<LeaseCheck>("lease", tags: [HealthTags.Ready])
            .AddCheck<StoppingCheck>("serving", tags: [HealthTags.Ready]);
        return services;
    }

    /// <summary>The actor system lives and its dispatcher answers. A stalled store must not fail this: a restart would not mend it.</summary>
    private sealed class DispatcherCheck(IRequiredActor<NodeActor> node) : IHealthCheck
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                var actor = await node.GetAsync(cancellationToken).ConfigureAwait(false);
                await actor.Ask<NodeStatus>(GetNodeStatus.Instance, Limit, cancellationToken).ConfigureAwait(false);
                return HealthCheckResult.Healthy("The dispatcher answers.");
            }
            catch (AskTimeoutException)
            {
                return HealthCheckResult.Unhealthy($"No answer from the dispatcher within {Limit.TotalSeconds:0} s.");
            }
        }
    }

    private sealed class MemberCheck(ActorSystem system) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var status = Akka.Cluster.Cluster.Get(system).SelfMember.Status;
            return Task.FromResult(status == MemberStatus.Up
                ? HealthCheckResult.Healthy($"This node is {status}.")
                : HealthCheckResult.Unhealthy($"This node is {status}."));
        }
    }

    /// <summary>
    /// The region found its coordinator once. Latched: asked again and again it would make every pod unready at once while a
    /// coordinator moves, though shards with a known home go on serving.
    /// </summary>
    private sealed class RegionCheck(IRequiredActor<KeyRegion> region) : IHealthCheck
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

        private volatile bool _hasAnswered;

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (!_hasAnswered)
            {
                try
                {
                    var actor = await region.GetAsync(cancellationToken).ConfigureAwait(false);
                    var regions = await actor.Ask<CurrentRegions>(GetCurrentRegions.Instance, Limit, cancellationToken).ConfigureAwait(false);
                    _hasAnswered = regions.Regions.Count > 0;
                }
                catch (AskTimeoutException)
                {
                    // No coordinator yet.
                }
            }

            return _hasAnswered
                ? HealthCheckResult.Healthy("The shard region knows its coordinator.")
                : HealthCheckResult.Unhealthy("The shard region has not found its coordinator yet.");
        }
    }

    /// <summary>Also says whether the store answers: a lease is renewed there every third of its TTL.</summary>
    private sealed class LeaseCheck(NodeParts parts) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(parts.Leases.IsNodeValid
                ? HealthCheckResult.Healthy("The store renewed this node's lease.")
                : HealthCheckResult.Unhealthy("The store has not renewed this node's lease: it cannot prove what it holds."));
    }

    private sealed class StoppingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("The node is shutting down.")
                : HealthCheckResult.Healthy("The node is not shutting down."));
    }
}
