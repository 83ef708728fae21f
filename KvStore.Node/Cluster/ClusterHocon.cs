using System.Globalization;
using KvStore.Node.Cluster.Allocation;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Keys;

namespace KvStore.Node.Cluster;

/// <summary>
/// The settings of Akka that Akka.Hosting has no option for. Safety rests on the store, so all of these are tuned for speed:
/// with Akka's defaults the keys of a crashed node are back after 45 s. What a crash takes with these: 2.9 s until the lease is
/// over and the node is downed (<see cref="DowningRules"/>), half a second of gossip for its removal, and, where it was the
/// coordinator's, another one until the next one has started.
/// </summary>
internal static class ClusterHocon
{
    /// <summary>
    /// A phase of the coordinated shutdown: after the region handed its shards off, before this node tells the others that it leaves.
    /// </summary>
    public const string GiveUpPhase = "give-up-shards";

    /// <summary>Room in a frame beside a value: a page of a listing may be this long before its last value, and paths come on top.</summary>
    private const int FrameOverheadBytes = 1024 * 1024;

    /// <summary>The longest message between nodes.</summary>
    public static int FrameBytes(LimitOptions limits) => limits.MaxValueBytes + FrameOverheadBytes;

    public static string Of(NodeOptions options, bool mayFormCluster)
    {
        // A pod gives up too: its bootstrap has ended once it joins, and does not look again where those that it joins go away.
        var giveUpJoining = mayFormCluster && options.Cluster.Bootstrap == BootstrapMethod.SeedNodes ? "off" : $"{SeedDecision.Patience.TotalSeconds}s";
        var frame = FrameBytes(options.Limits);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            {{KeyMailbox.Id}}.mailbox-type = "{{typeof(KeyMailbox).AssemblyQualifiedName}}"
            akka {
              log-dead-letters = off
              log-dead-letters-during-shutdown = off
              # At its end it would write past the log, and not in its format.
              stdout-logger-class = "{{typeof(NoStandardOutput).AssemblyQualifiedName}}"
              remote {
                # A node that is started again is reached again at once; what is sent meanwhile is refused (UndeliveredRequests).
                retry-gate-closed-for = 300ms
                dot-netty.tcp {
                  # Through a network that swallows packets no longer attempt gets any further, and a new one is not slowed down
                  # by TCP's back-off. What the region still sends to a node that was just taken out waits for such an attempt.
                  # Longer than a second, after which TCP sends a packet again that was lost.
                  connection-timeout = 1100ms
                  maximum-frame-size = {{frame}}b
                  send-buffer-size = {{frame}}b
                  receive-buffer-size = {{frame}}b
                }
              }
              cluster {
                min-nr-of-members = 1
                # A weakly-up member is of no use: the coordinator registers the regions of members that are up. And a node that is
                # known only to members that died would make itself one, and never learn that nobody else knows it.
                allow-weakly-up-members = off
                downing-provider-class = "{{typeof(StoreDowningProvider).AssemblyQualifiedName}}"
                # A false alarm costs little: a silent member is taken out only if its lease is over, or after stable-after.
                failure-detector {
                  heartbeat-interval = 250ms
                  expected-response-after = 500ms
                  acceptable-heartbeat-pause = 1800ms
                  # Everybody watches everybody: the downing rules compare whole sides.
                  monitored-by-nr-of-members = 64
                }
                # A removal takes some rounds of gossip and one of the leader's actions.
                gossip-interval = 200ms
                leader-actions-interval = 200ms
                unreachable-nodes-reaper-interval = 200ms
                retry-unsuccessful-join-after = 1s
                shutdown-after-unsuccessful-join-seed-nodes = {{giveUpJoining}}
                # As many retries as fill the 15 s of Akka's defaults.
                singleton.hand-over-retry-interval = 200ms
                singleton.min-number-of-hand-over-retries = 75
                sharding {
                  retry-interval = 250ms
                  # Also bounds akka.net #8865: a hand-off that waits for a region which died meanwhile.
                  handoff-timeout = 8s
                  shard-start-timeout = 2s
                  shard-failure-backoff = 1s
                  coordinator-failure-backoff = 1s
                  updating-state-timeout = 2s
                  waiting-for-state-timeout = 1s
                  # How often our strategy is asked; it keeps the pace by itself (AllocationRules).
                  rebalance-interval = 200ms
                  buffer-size = 10000
                  # The coordinator writes once for each shard that it places, and waits for all of these; the next one reads once. As long
                  # as the members are the same, the two have one in common; where more died than that, some shards are placed anew.
                  coordinator-state {
                    write-majority-plus = 0
                    read-majority-plus = 1
                  }
                  distributed-data.majority-min-cap = 1
                }
              }
              # The host ends the node, and HTTP first. Akka's own hook on the end of the process would run beside it, and take the
              # region away under requests that still come in.
              coordinated-shutdown.run-by-clr-shutdown-hook = off
              coordinated-shutdown.phases {
                before-cluster-shutdown.timeout = {{(ShardDrain.Limit + TimeSpan.FromSeconds(2)).TotalSeconds}}s
                cluster-sharding-shutdown-region.timeout = 15s
                {{GiveUpPhase}} {
                  depends-on = [cluster-sharding-shutdown-region]
                  timeout = 7s
                }
                cluster-leave.depends-on = [{{GiveUpPhase}}]
                # Takes less than 1 s, or forever, where all leave at once: the last to go has nobody left who would agree.
                cluster-exiting.timeout = 4s
              }
            }
            """);
    }
}
