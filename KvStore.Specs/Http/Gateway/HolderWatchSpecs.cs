using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http.Gateway;

public sealed class HolderWatchSpecs
{
    private readonly FixedView _view = new(Edges.View(4, Edges.Other));

    [Fact]
    public void A_holder_that_was_lost_and_then_removed_is_gone()
    {
        var watch = new HolderWatch(Key.Parse("a"), _view);
        Assert.False(watch.IsGone());
        Become(member => member with { Reachable = false });
        Assert.False(watch.IsGone());
        Become(_ => null);
        Assert.True(watch.IsGone());
    }

    [Fact]
    public void A_holder_that_is_downed_is_gone_before_it_is_removed()
    {
        var watch = new HolderWatch(Key.Parse("a"), _view);
        Become(member => member with { Status = "Down" });
        Assert.True(watch.IsGone());
    }

    [Fact]
    public void A_holder_that_left_in_good_order_handed_its_shards_on_and_is_not_gone()
    {
        var watch = new HolderWatch(Key.Parse("a"), _view);
        Become(member => member with { Status = "Exiting" });
        Assert.False(watch.IsGone());
        Become(_ => null);
        Assert.False(watch.IsGone());
    }

    [Fact]
    public void Where_nobody_held_the_shard_nobody_can_go()
    {
        _view.Current = Edges.View(4, (string?)null);
        Assert.False(new HolderWatch(Key.Parse("a"), _view).IsGone());
    }

    private void Become(Func<MemberView, MemberView?> change)
    {
        var members = _view.Current.Members;
        _view.Current = _view.Current with { Members = change(members[1]) is { } changed ? [members[0], changed] : [members[0]] };
    }
}
