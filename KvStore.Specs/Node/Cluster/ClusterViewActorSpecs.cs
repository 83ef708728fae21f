using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Protocol;
using KvStore.Node.Cluster;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Specs.Node.Cluster;

/// <summary>Of a node whose time stands still; the member that it loses is one of a real cluster.</summary>
public sealed class ClusterViewActorSpecs() : TestKit($$"""
    {{Remoting}}
    akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
    """)
{
    private const string Remoting = """
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        """;

    [Fact]
    public async Task A_member_that_was_taken_out_counts_as_downed_until_the_region_has_heard_of_it()
    {
        var member = await JoinElsewhereAsync();
        var view = new ClusterViewHolder(new NodeView("node-0", ClusterExtension.Get(Sys).SelfAddress.ToString(), "http://127.0.0.1"), shards: 1);
        var actor = Sys.ActorOf(Props.Create(() => new ClusterViewActor(view, TestActor, NullLogger.Instance)));
        actor.Tell(new ClusterEvent.MemberUp(member));
        actor.Tell(new ClusterEvent.MemberDowned(member.Copy(MemberStatus.Down)));

        actor.Tell(new ClusterEvent.MemberRemoved(member.Copy(MemberStatus.Down).Copy(MemberStatus.Removed), MemberStatus.Down));
        await HasHandledAllAsync(actor);
        Assert.Equal("Down", Assert.Single(view.Current.Members).Status);
        Assert.Equal(0, view.Current.LossesOf(member.Address.ToString()));

        ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromSeconds(1));
        await HasHandledAllAsync(actor);
        Assert.Empty(view.Current.Members);
        Assert.Equal(1, view.Current.LossesOf(member.Address.ToString()));
    }

    private static async Task<Member> JoinElsewhereAsync()
    {
        var system = ActorSystem.Create("elsewhere", Remoting);
        try
        {
            var cluster = ClusterExtension.Get(system);
            cluster.Join(cluster.SelfAddress);
            await Eventually.HoldsAsync("it is Up", TimeSpan.FromSeconds(30), () => cluster.SelfMember.Status == MemberStatus.Up);
            return cluster.SelfMember;
        }
        finally
        {
            await system.Terminate();
        }
    }

    private async Task HasHandledAllAsync(IActorRef actor)
    {
        actor.Tell(new Identify(1), TestActor);
        await FishForMessageAsync(message => message is ActorIdentity, TimeSpan.FromSeconds(30));
    }
}
