using System.Collections.Immutable;
using CsCheck;
using KvStore.Node.Cluster.Downing;

namespace KvStore.Specs.Node.Cluster;

public sealed class DowningRulesSpecs
{
    [Fact]
    public void A_lost_member_goes_once_its_lease_is_over()
    {
        Assert.Empty(DowningRules.FindDead(Peers(3), [new("a", "b"), new("c", "b")]));
        Assert.Equal(["b"], DowningRules.FindDead(Peers(3, ("b", Testimony.Dead)), [new("a", "b")]));
    }

    [Fact]
    public void A_member_whose_lease_is_over_stays_while_nobody_has_lost_it_but_not_for_long()
    {
        Assert.Empty(DowningRules.FindDead(Peers(3, ("b", Testimony.Dead)), []));
        Assert.Equal(["b"], DowningRules.FindDead(Peers(3, ("b", Testimony.LongDead)), []));
    }

    [Fact]
    public void The_word_of_the_dead_counts_for_nothing()
    {
        Assert.Empty(DowningRules.FindDead(Peers(3, ("a", Testimony.Dead)), [new("a", "b")]));
        Assert.Empty(DowningRules.FindDead(Peers(3, ("a", Testimony.Dead), ("b", Testimony.Dead)), [new("a", "b")]));
    }

    [Fact]
    public void Nobody_is_judged_by_who_does_not_read_the_store() =>
        Assert.Empty(DowningRules.FindDead(Peers(3, ("a", Testimony.Unknown), ("b", Testimony.Unknown)), [new("a", "b")]));

    [Fact]
    public void Of_a_clean_cut_the_larger_side_stays_and_both_sides_know_it() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, int.MaxValue]).Sample((smaller, more, seed) =>
        {
            var peers = Peers(smaller + smaller + more);
            var mixed = peers.Select(peer => peer.Address).OrderBy(address => HashCode.Combine(address, seed)).ToArray();
            var (few, many) = (mixed[..smaller], mixed[smaller..]);
            Assert.Equal(few.Order(), DowningRules.FindCutOff(peers, Cut(few, many)).Order());
            Assert.Equal(few.Order(), DowningRules.FindCutOff(peers, Cut(many, few)).Order());
        });

    [Fact]
    public void Of_equal_sides_the_one_with_the_youngest_goes_and_both_sides_know_it()
    {
        var peers = Peers(4);
        Assert.Equal(["b", "d"], DowningRules.FindCutOff(peers, Cut(["a", "c"], ["b", "d"])).Order());
        Assert.Equal(["b", "d"], DowningRules.FindCutOff(peers, Cut(["b", "d"], ["a", "c"])).Order());
    }

    [Fact]
    public void Of_a_bridge_one_side_goes_and_not_both() =>
        Assert.Equal(["d", "e"], DowningRules.FindCutOff(Peers(5), [.. Cut(["a", "b"], ["d", "e"]), .. Cut(["d", "e"], ["a", "b"])]).Order());

    [Fact]
    public void A_single_broken_link_costs_one_member() =>
        Assert.Equal(["c"], DowningRules.FindCutOff(Peers(5), [new("b", "c")]));

    [Fact]
    public void Those_who_stay_see_one_another_and_somebody_always_does() =>
        Gen.Select(Gen.Int[1, 8], Gen.Select(Gen.Int[0, 7], Gen.Int[0, 7]).Array[0, 40]).Sample((count, pairs) =>
        {
            var peers = Peers(count);
            ImmutableArray<LostLink> lost =
                [.. pairs.Where(pair => pair.Item1 != pair.Item2).Select(pair => new LostLink(Name(pair.Item1), Name(pair.Item2)))];
            var going = DowningRules.FindCutOff(peers, lost);
            var staying = peers.Select(peer => peer.Address).Except(going).ToHashSet();
            return staying.Count > 0 && !lost.Any(link => staying.Contains(link.By) && staying.Contains(link.Lost));
        });

    [Theory]
    [InlineData("a b c", "d e", false)]
    [InlineData("d e", "a b c", true)]
    [InlineData("a d", "b c", false)]
    [InlineData("b c", "a d", true)]
    [InlineData("a", "", false)]
    [InlineData("", "a", true)]
    [InlineData("", "", false)]
    public void Of_two_clusters_on_one_store_exactly_one_gives_way(string ours, string theirs, bool givesWay) =>
        Assert.Equal(givesWay, DowningRules.MustGiveWay(Ids(ours), Ids(theirs)));

    private static string[] Ids(string names) => names.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static ImmutableArray<LostLink> Cut(string[] by, string[] lost) => [.. by.SelectMany(one => lost.Select(other => new LostLink(one, other)))];

    private static string Name(int index) => ((char)('a' + index)).ToString();

    /// <summary>Named a, b, c…, the oldest first.</summary>
    private static ImmutableArray<Peer> Peers(int count, params (string Name, Testimony Testimony)[] but)
    {
        var known = but.ToDictionary(other => other.Name, other => other.Testimony);
        return [.. Enumerable.Range(0, count).Select(age => new Peer(Name(age), age, known.GetValueOrDefault(Name(age), Testimony.Alive)))];
    }
}
