using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Storage.Sqlite;

namespace KvStore.Specs.Node.Storage;

public sealed class RowPlacesSpecs
{
    private const long MostPlace = (1L << 40) - 1;

    private readonly RowPlaces _places = new();

    [Theory]
    [InlineData(1)]
    [InlineData(MostPlace)]
    public void A_place_is_found_as_it_was_noted_last(long place)
    {
        var key = Key.Parse("a");
        Assert.False(_places.TryFind(key, out _));
        _places.Note(key, 7);
        _places.Note(key, place);
        Assert.True(_places.TryFind(key, out var found));
        Assert.Equal(place, found);
    }

    /// <summary>Rowids have 63 bits, and may be below zero.</summary>
    [Theory]
    [InlineData(MostPlace + 1)]
    [InlineData(MostPlace + 2)]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_place_that_fits_into_no_slot_is_not_noted(long place)
    {
        // Several keys, as what overflows a slot meets a bit of the hash, whichever it is.
        foreach (var key in "abcdefghijklmnop".Select(letter => Key.Parse($"{letter}")))
        {
            _places.Note(key, 7);
            _places.Note(key, place);
            Assert.True(_places.TryFind(key, out var found));
            Assert.Equal(7, found);
        }
    }

    [Fact]
    public void Of_two_keys_with_one_slot_the_last_one_is_found()
    {
        var (first, second) = TwoWithOneSlot();
        _places.Note(first, 1);
        Assert.False(_places.TryFind(second, out _));
        _places.Note(second, 2);
        Assert.False(_places.TryFind(first, out _));
        Assert.True(_places.TryFind(second, out var place));
        Assert.Equal(2, place);
    }

    /// <summary>Three nodes on one file: a third of the shards, and all of the slots.</summary>
    [Fact]
    public void The_keys_of_a_few_shards_have_slots_of_their_own()
    {
        const int Keys = 10_000;
        var keys = Enumerable.Range(0, int.MaxValue).Select(number => Key.Parse($"key-{number}"))
            .Where(key => ShardMap.ShardOf(key, ShardMap.DefaultShards) < 4).Take(Keys).ToArray();
        foreach (var key in keys)
        {
            _places.Note(key, 1);
        }

        // With 2 % of the slots taken no more than as much of the keys have lost theirs.
        Assert.InRange(keys.Count(key => _places.TryFind(key, out _)), Keys * 97 / 100, Keys);
    }

    private static (Key First, Key Second) TwoWithOneSlot()
    {
        var seen = new Dictionary<ulong, Key>();
        for (var number = 0; ; number++)
        {
            var key = Key.Parse($"key-{number}");
            var slot = (key.Hash >> 22) & 0x3FFFF;
            if (!seen.TryAdd(slot, key))
            {
                return (seen[slot], key);
            }
        }
    }
}
