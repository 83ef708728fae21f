using KvStore.Messages.Keys;
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
        // Several, as what overflows a slot would meet any bit of a hash.
        foreach (var key in "abcdefghijklmnop".Select(letter => Key.Parse($"{letter}")))
        {
            _places.Note(key, place);
            Assert.False(_places.TryFind(key, out _));
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

    private static (Key First, Key Second) TwoWithOneSlot()
    {
        var seen = new Dictionary<ulong, Key>();
        for (var number = 0; ; number++)
        {
            var key = Key.Parse($"key-{number}");
            if (!seen.TryAdd(key.Hash & 0x3FFFF, key))
            {
                return (seen[key.Hash & 0x3FFFF], key);
            }
        }
    }
}
