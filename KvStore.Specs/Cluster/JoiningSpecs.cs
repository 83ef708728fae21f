using System.Globalization;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Routing;
using KvStore.Specs.Support;

namespace KvStore.Specs.Cluster;

/// <summary>
/// A node on its way in. What it asks to let it in is this spec's actor system, which watches it as members of a cluster watch one
/// another, and never answers: however long it takes, the node is not welcomed.
/// </summary>
public sealed class JoiningSpecs() : TestKit(Watching, KeyRegion.SystemName)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Some of its heartbeats' intervals.</summary>
    private static readonly TimeSpan BetweenPauses = TimeSpan.FromSeconds(1);

    private static string Watching => string.Create(CultureInfo.InvariantCulture, $$"""
        akka {
          stdout-loglevel = OFF
          loglevel = OFF
          actor.provider = remote
          remote {
            dot-netty.tcp { hostname = "{{NodeProcessSettings.Loopback}}", port = 0 }
            watch-failure-detector {
              heartbeat-interval = 200ms
              acceptable-heartbeat-pause = 1s
              unreachable-nodes-reaper-interval = 200ms
              # Only who has answered is known by its number, by which it is refused from then on.
              expected-response-after = 1h
            }
          }
        }
        """);

    [Fact]
    public async Task A_node_that_is_taken_for_lost_before_it_is_welcomed_ends_to_be_started_anew()
    {
        using var storage = StorageUnderTest.Sqlite();
        var seed = ((ExtendedActorSystem)Sys).Provider.DefaultAddress.Port!.Value;
        await using var node = NodeProcess.Start(new("node-1", FreePorts.Next(), FreePorts.Next(), [seed], storage, []));
        await WatchAsync(node);

        await Eventually.HoldsAsync("it is taken for lost", NodeProcess.DefaultPatience, _ => IsLostInAPauseAsync(node), () => node.Log.Tail());

        await node.ExitsAsync(TimeSpan.FromSeconds(30));
        Assert.True(node.Log.Contains("taken for lost while it waited to be let in"), node.Log.Tail());
        Assert.NotEqual(0, node.ExitCode);
    }

    private async Task WatchAsync(NodeProcess node)
    {
        var path = $"akka.tcp://{KeyRegion.SystemName}@{NodeProcessSettings.Loopback}:{node.Settings.ClusterPort}/user/join-by-store";
        await Eventually.HoldsAsync(
            "it can be watched",
            NodeProcess.DefaultPatience,
            async _ =>
            {
                try
                {
                    Watch(await Sys.ActorSelection(path).ResolveOne(TimeSpan.FromSeconds(1)));
                    return true;
                }
                catch (ActorNotFoundException)
                {
                    return false;
                }
            },
            () => node.Log.Tail());
    }

    /// <summary>It may stand still before it has answered for the first time; then it is not taken for lost, and another pause is needed.</summary>
    private async Task<bool> IsLostInAPauseAsync(NodeProcess node)
    {
        await Task.Delay(BetweenPauses);
        node.Stop();
        try
        {
            return await FishForMessageAsync(message => message is Terminated, Pause) is not null;
        }
        catch (Xunit.Sdk.XunitException)
        {
            return false;
        }
        finally
        {
            node.Continue();
        }
    }
}
