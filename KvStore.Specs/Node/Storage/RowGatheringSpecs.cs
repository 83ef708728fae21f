using KvStore.Node.Storage;

namespace KvStore.Specs.Node.Storage;

public sealed class RowGatheringSpecs
{
    private static readonly TimeSpan Most = RowGathering.DefaultMost;
    private static readonly TimeSpan Just = TimeSpan.Zero;
    private readonly RowGathering _gathering = new(mostRows: 100, Most);

    [Fact]
    public void At_first_nobody_is_waited_for() => Assert.Null(_gathering.Wanted(1, Just));

    [Fact]
    public void Half_of_those_who_are_under_way_are_waited_for()
    {
        _gathering.Ended(committed: 9, underWay: 20);
        Assert.Equal(10, _gathering.Wanted(1, Just));
        Assert.Equal(10, _gathering.Wanted(9, Just));
        Assert.Null(_gathering.Wanted(10, Just));
    }

    [Fact]
    public void Who_wrote_alone_waits_for_nobody()
    {
        _gathering.Ended(committed: 9, underWay: 20);
        _gathering.Ended(committed: 1, underWay: 1);
        Assert.Null(_gathering.Wanted(1, Just));
    }

    [Fact]
    public void Those_who_have_not_come_back_for_a_while_are_gone()
    {
        _gathering.Ended(committed: 9, underWay: 20);
        Assert.NotNull(_gathering.Wanted(1, 3 * Most));
        Assert.Null(_gathering.Wanted(1, (3 * Most) + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void A_crowd_that_has_become_smaller_is_forgotten()
    {
        _gathering.Ended(committed: 50, underWay: 100);
        for (var transaction = 0; transaction < 300; transaction++)
        {
            _gathering.Ended(committed: 2, underWay: 4);
        }

        Assert.Null(_gathering.Wanted(2, Just));
    }

    [Fact]
    public void One_that_is_waited_for_in_vain_is_forgotten_sooner()
    {
        _gathering.Ended(committed: 50, underWay: 100);
        for (var wait = 0; wait < 20; wait++)
        {
            _gathering.EndedInVain(queued: 3);
            _gathering.Ended(committed: 3, underWay: 6);
        }

        Assert.InRange(_gathering.Wanted(1, Just) ?? 0, 3, 4);
    }

    [Fact]
    public void No_more_are_wanted_than_a_transaction_takes()
    {
        _gathering.Ended(committed: 100, underWay: 5_100);
        Assert.Equal(100, _gathering.Wanted(1, Just));
    }
}
