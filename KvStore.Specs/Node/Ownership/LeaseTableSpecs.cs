using System.Collections.Immutable;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Ownership;

public sealed class LeaseTableSpecs
{
    private const string Me = "me";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _clock = new();
    private readonly LeaseTable _leases;

    public LeaseTableSpecs() => _leases = new LeaseTable(shards: 4, _clock);

    [Fact]
    public void A_shard_is_valid_for_nine_tenths_of_the_ttl_from_before_the_renewal_was_sent()
    {
        Renew();
        _leases.Acquired(1, epoch: 5, _leases.NodeValidUntil);

        _clock.Advance(TimeSpan.FromSeconds(8.9));
        Assert.Equal(LeaseStanding.Valid, _leases.Check(1, 5));
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(LeaseStanding.Unproven, _leases.Check(1, 5));
    }

    [Fact]
    public void An_answer_that_was_under_way_for_long_proves_little()
    {
        var sentAt = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromSeconds(9.5));

        _leases.Renewed(Me, Answer(), sentAt, Ttl);

        Assert.False(_leases.IsNodeValid);
    }

    [Fact]
    public void Another_epoch_than_the_held_one_is_lost()
    {
        Renew();
        _leases.Acquired(1, epoch: 5, _leases.NodeValidUntil);

        Assert.Equal(LeaseStanding.Lost, _leases.Check(1, 4));
        Assert.Equal(LeaseStanding.Lost, _leases.Check(2, 5));
    }

    [Fact]
    public void A_renewal_extends_what_is_held_with_the_same_epoch()
    {
        Renew();
        _leases.Acquired(1, epoch: 5, _leases.NodeValidUntil);
        _clock.Advance(Ttl * 2);

        Renew(new LeaseRow(1, 5, Me));

        Assert.Equal(LeaseStanding.Valid, _leases.Check(1, 5));
    }

    [Theory]
    [InlineData(6, Me)]
    [InlineData(6, "other")]
    [InlineData(5, "other")]
    [InlineData(5, null)]
    public void A_renewal_drops_what_it_lists_otherwise(long epoch, string? holder)
    {
        Renew();
        _leases.Acquired(1, epoch: 5, _leases.NodeValidUntil);

        Renew(new LeaseRow(1, epoch, holder));

        Assert.Equal(LeaseStanding.Lost, _leases.Check(1, 5));
        Assert.Null(_leases.EpochOf(1));
    }

    [Fact]
    public void A_renewal_never_adds_a_shard_but_names_it_as_a_stranger()
    {
        var strangers = Renew(new LeaseRow(2, 9, Me), new LeaseRow(3, 4, "other"));

        Assert.Equal(new HeldEpoch(2, 9), Assert.Single(strangers));
        Assert.Null(_leases.EpochOf(2));
    }

    [Fact]
    public void A_renewal_from_before_an_acquisition_neither_drops_nor_extends_it()
    {
        Renew();
        _leases.Acquired(1, epoch: 5, validUntil: _clock.GetTimestamp() + 1);

        Renew(new LeaseRow(1, 4, "other"));

        Assert.Equal(5, _leases.EpochOf(1));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(LeaseStanding.Unproven, _leases.Check(1, 5));
    }

    [Fact]
    public void A_lower_epoch_that_stays_is_believed_once_the_held_one_cannot_be_proven()
    {
        Renew();
        _leases.Acquired(1, epoch: 5, _leases.NodeValidUntil);
        _clock.Advance(Ttl);

        Renew(new LeaseRow(1, 4, null));

        Assert.Null(_leases.EpochOf(1));
    }

    [Fact]
    public void An_acquisition_gives_no_more_validity_than_the_node_had_when_it_was_sent()
    {
        Renew();
        var atSend = _leases.NodeValidUntil;
        _clock.Advance(Ttl);
        Renew();

        _leases.Acquired(1, epoch: 1, atSend);

        Assert.Equal(LeaseStanding.Unproven, _leases.Check(1, 1));
    }

    [Fact]
    public void A_late_answer_of_an_older_acquisition_changes_nothing()
    {
        Renew();
        _leases.Acquired(1, epoch: 3, _leases.NodeValidUntil);

        _leases.Acquired(1, epoch: 1, _leases.NodeValidUntil);

        Assert.Equal(3, _leases.EpochOf(1));
    }

    [Fact]
    public void A_settle_raises_only_the_epoch_that_it_settled()
    {
        Renew();
        _leases.Acquired(1, epoch: 3, _leases.NodeValidUntil);
        _leases.Acquired(2, epoch: 7, _leases.NodeValidUntil);

        _leases.Settled(1, 3, 4, _leases.NodeValidUntil);
        _leases.Settled(2, 3, 4, _leases.NodeValidUntil);

        Assert.Equal(LeaseStanding.Lost, _leases.Check(1, 3));
        Assert.Equal(LeaseStanding.Valid, _leases.Check(1, 4));
        Assert.Equal(7, _leases.EpochOf(2));
    }

    [Fact]
    public void A_release_drops_only_the_epoch_that_it_names()
    {
        Renew();
        _leases.Acquired(1, epoch: 3, _leases.NodeValidUntil);

        Assert.False(_leases.Drop(1, 2));
        Assert.True(_leases.Drop(1, 3));
        Assert.Null(_leases.EpochOf(1));
    }

    [Fact]
    public void Dropping_all_leaves_nothing_valid()
    {
        Renew();
        _leases.Acquired(1, epoch: 3, _leases.NodeValidUntil);

        _leases.DropAll();

        Assert.Equal(LeaseStanding.Lost, _leases.Check(1, 3));
        Assert.False(_leases.IsNodeValid);
        Assert.Equal(0, _leases.HeldShards);
    }

    private ImmutableArray<HeldEpoch> Renew(params LeaseRow[] leases) => _leases.Renewed(Me, Answer(leases), _clock.GetTimestamp(), Ttl);

    private static LeaseDirectory Answer(params LeaseRow[] leases) => new(1, [.. leases], [], "1");
}
