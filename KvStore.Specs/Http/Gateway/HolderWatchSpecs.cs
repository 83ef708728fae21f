using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http.Gateway;

public sealed class HolderWatchSpecs
{
    private readonly FixedView _view = new(Edges.View(4, Edges.Other));
    private readonly ShardRoutes _routes;

    public HolderWatchSpecs() => _routes = new ShardRoutes(_view);

    [Fact]
    public void A_holder_that_was_taken_out_is_gone_however_little_of_it_was_seen()
    {
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Assert.Null(watch.FindGone());
        Become(_ => null, isLost: true);
        Assert.Equal(Edges.Other, watch.FindGone()?.Node);
    }

    [Fact]
    public void A_holder_that_was_taken_out_is_gone_also_where_its_successor_has_its_address()
    {
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Become(member => member, isLost: true);
        Assert.Equal(Edges.Other, watch.FindGone()?.Node);
    }

    [Fact]
    public void A_loss_before_the_request_says_nothing_of_who_has_that_address_now()
    {
        Become(member => member, isLost: true);
        Assert.Null(HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes).FindGone());
    }

    [Fact]
    public void A_holder_that_is_unreachable_may_still_answer()
    {
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Become(member => member with { Reachable = false });
        Assert.Null(watch.FindGone());
    }

    [Fact]
    public void A_holder_that_is_downed_is_gone_before_it_is_removed()
    {
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Become(member => member with { Status = "Down" });
        Assert.Equal(Edges.Other, watch.FindGone()?.Node);
    }

    [Fact]
    public void A_holder_that_left_in_good_order_handed_its_shards_on_and_is_not_gone()
    {
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Become(member => member with { Status = "Exiting" });
        Assert.Null(watch.FindGone());
        Become(_ => null);
        Assert.Null(watch.FindGone());
    }

    [Fact]
    public void Where_the_directory_names_nobody_any_other_member_may_be_the_one()
    {
        _view.Current = Edges.View(4, (string?)null);
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Assert.Null(watch.FindGone());
        Become(_ => null, isLost: true);
        Assert.Equal(Edges.Other, watch.FindGone()?.Node);
    }

    [Fact]
    public void A_holder_that_is_down_already_is_known_before_anything_is_sent()
    {
        Assert.Null(HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes).FindDowned());
        Become(member => member with { Status = "Down" });
        Assert.Equal(Edges.Other, HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes).FindDowned()?.Node);
    }

    [Fact]
    public void Nothing_is_held_back_for_a_node_that_only_answered_before_the_holder_did()
    {
        _routes.Answered(Key.Parse("a"), Edges.Other);
        _view.Current = _view.Current with { Shards = Edges.View(4, Edges.Self).Shards };
        Become(member => member with { Status = "Down" });
        Assert.Null(HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes).FindDowned());
    }

    [Fact]
    public void Who_answered_last_is_watched_also_where_it_has_given_the_shard_back()
    {
        _routes.Answered(Key.Parse("a"), Edges.Other);
        _view.Current = _view.Current with { Shards = Edges.View(4, (string?)null).Shards };
        var watch = HolderWatch.OfWhoeverHolds(Key.Parse("a"), _view, _routes);
        Assert.Null(watch.FindGone());
        Become(_ => null, isLost: true);
        Assert.Equal(Edges.Other, watch.FindGone()?.Node);
    }

    private void Become(Func<MemberView, MemberView?> change, bool isLost = false)
    {
        var (members, losses) = (_view.Current.Members, _view.Current.Losses);
        _view.Current = _view.Current with
        {
            Members = change(members[1]) is { } changed ? [members[0], changed] : [members[0]],
            Losses = isLost ? losses.SetItem(members[1].AkkaAddress, 1) : losses,
        };
    }
}
