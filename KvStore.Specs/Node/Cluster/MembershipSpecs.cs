using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit.Xunit2;
using KvStore.Node.Cluster;
using KvStore.Specs.Support;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Specs.Node.Cluster;

/// <summary>With a member of a real cluster, as only Akka makes them.</summary>
public sealed class MembershipSpecs() : TestKit("""
    akka.actor.provider = cluster
    akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
    """)
{
    [Fact]
    public async Task Members_that_were_taken_out_are_counted_and_those_that_left_are_not()
    {
        var member = await JoinAsync();
        var address = member.Address.ToString();
        var there = Membership.Empty.After(new ClusterEvent.MemberUp(member));
        Assert.Equal(0, there.Losses.GetValueOrDefault(address));

        var left = there.After(new ClusterEvent.MemberRemoved(Removed(member), MemberStatus.Exiting));
        Assert.Empty(left.Members);
        Assert.Equal(0, left.Losses.GetValueOrDefault(address));

        var lost = there.After(new ClusterEvent.MemberRemoved(Removed(member), MemberStatus.Down));
        Assert.Empty(lost.Members);
        Assert.Equal(1, lost.Losses.GetValueOrDefault(address));

        var lostAgain = lost.After(new ClusterEvent.MemberUp(member)).After(new ClusterEvent.MemberRemoved(Removed(member), MemberStatus.Down));
        Assert.Equal(2, lostAgain.Losses.GetValueOrDefault(address));
    }

    private static Member Removed(Member member) => member.Copy(MemberStatus.Down).Copy(MemberStatus.Removed);

    private async Task<Member> JoinAsync()
    {
        var cluster = ClusterExtension.Get(Sys);
        cluster.Join(cluster.SelfAddress);
        await Eventually.HoldsAsync("it is Up", TimeSpan.FromSeconds(30), () => cluster.SelfMember.Status == MemberStatus.Up);
        return cluster.SelfMember;
    }
}
