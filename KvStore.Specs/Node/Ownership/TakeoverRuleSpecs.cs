using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Ownership;

public sealed class TakeoverRuleSpecs
{
    private static readonly TimeSpan OwnTtl = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ItsTtl = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _clock = new();
    private readonly TakeoverRule _rule;

    public TakeoverRuleSpecs() => _rule = new TakeoverRule(_clock);

    [Theory]
    [InlineData(null)]
    [InlineData("me")]
    public void A_shard_of_nobody_or_of_the_node_itself_may_be_acquired_at_once(string? holder) =>
        Assert.Equal(new AcquireRequest(1, "me", holder, 0), Judge(new ShardHolder(new LeaseRow(1, 4, holder), null)));

    [Fact]
    public void A_holder_is_waited_out_for_eleven_tenths_of_its_own_ttl()
    {
        Assert.Null(Judge(HeldByOther(counter: 7)));
        _clock.Advance(ItsTtl * 1.09);
        Assert.Null(Judge(HeldByOther(counter: 7)));
        _clock.Advance(ItsTtl * 0.02);
        Assert.Equal(new AcquireRequest(1, "me", "other", 7), Judge(HeldByOther(counter: 7)));
    }

    [Fact]
    public void A_counter_that_moved_starts_the_wait_anew()
    {
        Judge(HeldByOther(counter: 7));
        _clock.Advance(ItsTtl);
        Judge(HeldByOther(counter: 8));
        _clock.Advance(ItsTtl);

        Assert.Null(Judge(HeldByOther(counter: 8)));
    }

    [Fact]
    public void Sightings_by_renewals_count()
    {
        _rule.Saw("other", 7);
        _clock.Advance(ItsTtl * 1.2);

        Assert.NotNull(Judge(HeldByOther(counter: 7)));
    }

    [Fact]
    public void A_holder_whose_process_is_known_to_be_dead_is_not_waited_for() =>
        Assert.Equal(new AcquireRequest(1, "me", "other", 7), _rule.Judge(HeldByOther(7), "me", OwnTtl, isKnownDead: true));

    [Fact]
    public void A_holder_without_a_row_is_waited_out_by_this_nodes_ttl()
    {
        var found = new ShardHolder(new LeaseRow(1, 4, "other"), null);
        Assert.Null(Judge(found));
        _clock.Advance(OwnTtl * 1.2);

        Assert.Equal(new AcquireRequest(1, "me", "other", -1), Judge(found));
    }

    private AcquireRequest? Judge(ShardHolder found) => _rule.Judge(found, "me", OwnTtl, isKnownDead: false);

    private static ShardHolder HeldByOther(long counter) =>
        new(new LeaseRow(1, 4, "other"), new NodeRow("other", "o", "akka.tcp://o", "http://o", counter, ItsTtl));
}
