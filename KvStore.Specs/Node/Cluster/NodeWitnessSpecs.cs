using System.Collections.Immutable;
using KvStore.Node.Cluster.Downing;
using KvStore.Node.Storage;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Cluster;

public sealed class NodeWitnessSpecs
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(3);
    private static readonly NodeRow Me = Row("me", 0);
    private readonly FakeTimeProvider _clock = new();
    private readonly NodeWitness _witness;

    public NodeWitnessSpecs() => _witness = new NodeWitness(_clock, Me);

    [Fact]
    public void Who_has_read_nothing_knows_nothing() => Assert.Equal(Testimony.Unknown, About("other"));

    [Fact]
    public void A_counter_that_stands_still_for_eleven_tenths_of_the_ttl_is_dead_and_for_three_ttls_long_dead()
    {
        Watch(TimeSpan.FromSeconds(3.2), _ => 7);
        Assert.Equal(Testimony.Alive, About("other"));
        Watch(TimeSpan.FromSeconds(0.2), _ => 7);
        Assert.Equal(Testimony.Dead, About("other"));
        Watch(TimeSpan.FromSeconds(6), _ => 7);
        Assert.Equal(Testimony.LongDead, About("other"));
    }

    [Fact]
    public void A_counter_that_moves_is_alive()
    {
        Watch(TimeSpan.FromSeconds(10), seconds => (long)seconds);
        Assert.Equal(Testimony.Alive, About("other"));
        Assert.Equal(["other"], _witness.FindServing().Select(node => node.NodeId));
    }

    [Fact]
    public void A_member_without_a_row_is_dead_but_never_long_dead()
    {
        Watch(TimeSpan.FromSeconds(20), _ => 7);
        Assert.Equal(Testimony.Dead, About("unheard of"));
    }

    [Fact]
    public void After_a_stall_of_the_store_nobody_is_dead_until_watched_anew()
    {
        Watch(TimeSpan.FromSeconds(3), _ => 7);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(Testimony.Unknown, About("other"));

        Saw(7);
        Assert.Equal(Testimony.Alive, About("other"));
        Watch(TimeSpan.FromSeconds(3.4), _ => 7);
        Assert.Equal(Testimony.Dead, About("other"));
    }

    [Fact]
    public void A_restarted_node_lives_beside_the_row_of_its_former_self()
    {
        for (var i = 0; i < 40; i++)
        {
            _witness.Saw(Directory([Row("former", 7) with { AkkaAddress = "same" }, Row("now", i) with { AkkaAddress = "same" }]));
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal(Testimony.Alive, About("same"));
    }

    [Fact]
    public void A_member_that_renews_serves_though_it_holds_no_shard()
    {
        for (var i = 0; i < 10; i++)
        {
            _witness.Saw(Directory([Row("starting", i), Row("member", i) with { HttpAddress = "http://member" }]));
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal(["member"], _witness.FindServing().Select(node => node.NodeId));
        Assert.True(_witness.DoOthersServe(_ => false));
    }

    [Fact]
    public void A_holder_that_was_not_seen_to_renew_does_not_count_as_serving()
    {
        Saw(7);
        Assert.Empty(_witness.FindServing());
    }

    [Fact]
    public void Of_two_live_nodes_of_one_name_the_one_that_renewed_more_often_is_the_elder()
    {
        for (var i = 1; i < 40; i++)
        {
            _witness.Saw(Directory([Me, Row("other", i) with { Name = Me.Name }]) with { MyCounter = 5 });
            // Of two that renewed equally often the node id decides.
            Assert.Equal(i >= 5, _witness.FindElderNamesake() is not null);
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }
    }

    [Fact]
    public void A_namesake_that_stands_still_is_none()
    {
        for (var i = 0; i < 40; i++)
        {
            _witness.Saw(Directory([Me, Row("former", 1_000) with { Name = Me.Name }]));
            Assert.Null(_witness.FindElderNamesake());
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }
    }

    private static NodeRow Row(string id, long counter) => new(id, id, id, "", counter, Ttl);

    private static LeaseDirectory Directory(ImmutableArray<NodeRow> nodes) => new(1, [new LeaseRow(0, 1, "other")], nodes, "1");

    private Testimony About(string address) => _witness.About(address);

    private void Saw(long counter) => _witness.Saw(Directory([Me, Row("other", counter)]));

    private void Watch(TimeSpan span, Func<double, long> counter)
    {
        var step = TimeSpan.FromSeconds(0.1);
        for (var passed = TimeSpan.Zero; passed < span; passed += step)
        {
            Saw(counter(passed.TotalSeconds));
            _clock.Advance(step);
        }
    }
}
