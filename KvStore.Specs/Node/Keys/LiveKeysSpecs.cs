using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Keys;
using KvStore.Node.Config;
using KvStore.Node.Keys;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Node.Keys;

public sealed class LiveKeysSpecs : TestKit
{
    private readonly LiveKeys _keys = new(shards: 2, maxLiveKeys: 10);

    public LiveKeysSpecs()
        : base(PatientTestKit.Config)
    {
    }

    [Fact]
    public void At_the_bound_no_key_starts_until_one_stops()
    {
        var cells = Enumerable.Range(0, 10).Select(i => NewCell($"key-{i}")).ToList();
        Assert.All(cells, cell => Assert.True(_keys.TryAdd(cell)));
        Assert.False(_keys.TryAdd(NewCell("one-more")));

        _keys.Remove(cells[3]);

        Assert.True(_keys.TryAdd(NewCell("one-more")));
        Assert.Equal(10, _keys.Count);
    }

    [Fact]
    public void A_cell_takes_the_place_of_a_former_incarnations_and_is_not_taken_away_by_it()
    {
        var former = NewCell("key");
        var latter = NewCell("key");
        _keys.TryAdd(former);
        _keys.TryAdd(latter);

        Assert.False(_keys.Remove(former));

        Assert.Equal((1, 1), (_keys.Count, _keys.CountOf(0)));
        Assert.True(_keys.Remove(latter));
        Assert.Equal((0, 0), (_keys.Count, _keys.CountOf(0)));
    }

    [Fact]
    public void A_crowded_node_asks_the_least_recently_used_to_make_room()
    {
        var usedLast = CreateTestProbe();
        var first = new KeyCell(Key.Parse("made-first-used-last"), 0, usedLast);
        _keys.TryAdd(first);
        for (var i = 0; i < 8; i++)
        {
            _keys.TryAdd(NewCell($"key-{i}"));
        }

        AwaitCondition(() => Environment.TickCount64 > _keys.Cells.Max(cell => cell.LastUsed));
        first.Touch();

        Sys.ActorOf(Props.Create(() => new LiveKeyBudget(_keys, new LimitOptions(), NullLogger.Instance)));

        // Nine live, eight are a crowd, and a pass goes down to nine tenths of that.
        ExpectMsg<object>(message => Assert.IsType<EvictKey>(message));
        ExpectMsg<object>(message => Assert.IsType<EvictKey>(message));
        usedLast.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_key_that_nobody_used_for_long_is_asked_to_go_and_one_with_waiting_requests_to_look_at_their_deadlines()
    {
        var busy = CreateTestProbe();
        _keys.TryAdd(NewCell("idle"));
        var waits = new KeyCell(Key.Parse("busy"), 0, busy);
        _keys.TryAdd(waits);
        _keys.SetWaiting(waits, true);

        Sys.ActorOf(Props.Create(() => new LiveKeyBudget(
            _keys, new LimitOptions { KeyIdleTimeout = TimeSpan.FromMilliseconds(1) }, NullLogger.Instance)));

        ExpectMsg<object>(message => Assert.IsType<EvictKey>(message));
        busy.ExpectMsg<object>(message => Assert.IsType<CheckDeadlines>(message));
    }

    [Fact]
    public void A_cell_waits_until_its_actor_says_otherwise_or_is_gone()
    {
        var (served, gone) = (NewCell("served"), NewCell("gone"));
        foreach (var cell in new[] { served, gone })
        {
            _keys.TryAdd(cell);
            _keys.SetWaiting(cell, true);
        }

        Assert.Equal(2, _keys.Waiting.Count());
        _keys.SetWaiting(served, false);
        Assert.Equal([gone], _keys.Waiting);
        _keys.Remove(gone);
        Assert.Empty(_keys.Waiting);
    }

    private KeyCell NewCell(string key) => new(Key.Parse(key), 0, TestActor);
}
