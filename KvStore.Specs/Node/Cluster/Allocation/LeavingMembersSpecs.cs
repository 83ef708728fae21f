using Akka.Actor;
using KvStore.Node.Cluster.Allocation;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Cluster.Allocation;

public sealed class LeavingMembersSpecs
{
    private static readonly Address Member = Address.Parse("akka.tcp://kvstore@node-1:4053");

    private readonly FakeTimeProvider _time = new();
    private readonly LeavingMembers _members;

    public LeavingMembersSpecs() => _members = new LeavingMembers(_time);

    [Fact]
    public void Who_has_asked_leaves_until_it_has_not_asked_for_a_while()
    {
        Assert.False(_members.Contains(Member));
        _members.Asked(Member);
        Assert.True(_members.Contains(Member));

        _time.Advance(LeavingMembers.Patience);
        Assert.True(_members.Contains(Member));
        _members.Asked(Member);
        _time.Advance(LeavingMembers.Patience);
        Assert.True(_members.Contains(Member));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_members.Contains(Member));
    }

    [Fact]
    public void It_hears_how_many_shards_it_has_left_once_the_coordinator_has_looked()
    {
        Assert.Null(_members.Asked(Member));
        _members.Counted(Member, 5);
        Assert.Equal(5, _members.Asked(Member));
    }

    [Fact]
    public void Nobody_counts_for_a_member_that_stays()
    {
        _members.Counted(Member, 5);
        Assert.False(_members.Contains(Member));
    }
}
