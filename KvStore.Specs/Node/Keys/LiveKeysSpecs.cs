using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Keys;
using KvStore.Node.Config;
using KvStore.Node.Keys;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Node.Keys;

public sealed class LiveKeysSpecs : TestKit
{
    private readonly LiveKeys _keys = new(shards: 2, maxLiveKeys: 10);

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
        Sys.ActorOf(Props.Create(() => new LiveKeyBudget(_keys, new LimitOptions(), NullLogger.Instance)));
        for (var i = 0; i < 9; i++)
        {
            var cell = NewCell($"key-{i}");
            if (i == 0)
            {
                // Made first, used last: it stays.
                AwaitCondition(() => Environment.TickCount64 > cell.LastUsed);
            }

            _keys.TryAdd(cell);
        }

        _keys.Cells.Single(cell => cell.Key.Text == "key-0").Touch();

        Assert.IsType<EvictKey>(ExpectMsg<object>());
    }

    private KeyCell NewCell(string key) => new(Key.Parse(key), 0, TestActor);
}
