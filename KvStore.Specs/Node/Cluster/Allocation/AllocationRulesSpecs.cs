using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Node.Cluster.Allocation;

namespace KvStore.Specs.Node.Cluster.Allocation;

public sealed class AllocationRulesSpecs : TestKit
{
    private readonly IActorRef _leaving;
    private readonly IActorRef _staying;

    public AllocationRulesSpecs() => (_leaving, _staying) = (CreateTestProbe().Ref, CreateTestProbe().Ref);

    [Fact]
    public void A_leaving_member_gives_its_shards_up_a_few_at_a_time()
    {
        var regions = Regions((_leaving, ["1", "2", "3", "4", "5", "6"]), (_staying, ["7"]));

        var first = Next(regions, []);
        Assert.Equal(AllocationRules.AtOnce, first.Count);
        Assert.DoesNotContain("7", first);

        var second = Next(regions, first.Take(3));
        Assert.Single(second);
        Assert.DoesNotContain(second.Single(), first.Take(3));
        Assert.Empty(Next(regions, first));
    }

    [Fact]
    public void Shards_on_the_move_of_others_count_too() => Assert.Single(
        Next(Regions((_leaving, ["1", "2", "3", "4", "5", "6"]), (_staying, ["7", "8", "9"])), ["7", "8", "9"]));

    [Fact]
    public void Where_everybody_leaves_nothing_moves() => Assert.Empty(Next(Regions((_leaving, ["1", "2"])), []));

    [Fact]
    public void A_shard_goes_to_a_member_that_stays()
    {
        var regions = Regions((_leaving, []), (_staying, ["7"]));
        Assert.Equal([_staying], AllocationRules.Candidates(regions, IsLeaving).Keys);
    }

    [Fact]
    public void Where_everybody_leaves_a_shard_goes_to_any()
    {
        var regions = Regions((_leaving, []));
        Assert.Equal([_leaving], AllocationRules.Candidates(regions, IsLeaving).Keys);
    }

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Regions(params (IActorRef Region, string[] Shards)[] regions) =>
        regions.ToImmutableDictionary(region => region.Region, IImmutableList<string> (region) => [.. region.Shards]);

    private ImmutableHashSet<string> Next(ImmutableDictionary<IActorRef, IImmutableList<string>> regions, IEnumerable<string> moving) =>
        AllocationRules.NextToMove(regions, moving.ToImmutableHashSet(), IsLeaving);

    private bool IsLeaving(IActorRef region) => region.Equals(_leaving);
}
