using System.Globalization;
using KvStore.Node.Config;

namespace KvStore.Node.Cluster;

/// <summary>
/// The settings of Akka that Akka.Hosting has no option for. Safety rests on the store, so all of these are tuned for speed:
/// with Akka's defaults the keys of a crashed node are back after 45 s.
/// </summary>
internal static class ClusterHocon
{
    /// <summary>Room in a frame beside a value: a page of a listing may be this long before its last value, and paths come on top.</summary>
    private const int FrameOverheadBytes = 1024 * 1024;

    public static string Of(NodeOptions options)
    {
        var frame = options.Limits.MaxValueBytes + FrameOverheadBytes;
        return string.Create(CultureInfo.InvariantCulture, $$"""
            akka {
              log-dead-letters = off
              log-dead-letters-during-shutdown = off
              remote {
                retry-gate-closed-for = 1s
                dot-netty.tcp {
                  maximum-frame-size = {{frame}}b
                  send-buffer-size = {{frame}}b
                  receive-buffer-size = {{frame}}b
                }
              }
              cluster {
                min-nr-of-members = 1
                # "off" would mean the same as stable-after.
                down-removal-margin = 1s
                split-brain-resolver.stable-after = {{options.Cluster.StableAfter.TotalMilliseconds}}ms
                sharding {
                  retry-interval = 500ms
                  # Also bounds akka.net #8865: a hand-off that waits for a region which died meanwhile.
                  handoff-timeout = 12s
                  buffer-size = 10000
                  least-shard-allocation-strategy {
                    rebalance-absolute-limit = 20
                    rebalance-relative-limit = 0.2
                  }
                  coordinator-state {
                    write-majority-plus = 1
                    read-majority-plus = 1
                  }
                  distributed-data.majority-min-cap = 1
                }
              }
              # The host ends the node, and HTTP first. Akka's own hook on the end of the process would run beside it, and take the
              # region away under requests that still come in.
              coordinated-shutdown.run-by-clr-shutdown-hook = off
              coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 15s
            }
            """);
    }
}
