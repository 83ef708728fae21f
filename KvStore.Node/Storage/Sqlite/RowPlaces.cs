using KvStore.Messages.Keys;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// Where the rows of the keys written last were seen: their rowids. An update that knows it goes down the tree of the rows alone, and
/// not that of the primary key before. Only a guess: rows change places (<c>vacuum</c>, another process), keys share slots, and a
/// transaction that was undone leaves its places here. So whoever uses one compares the key.
/// </summary>
internal sealed class RowPlaces
{
    // Twice as many slots as a node has live keys by default, in 2 MiB.
    private const int SlotBits = 18;

    // A slot holds a rowid and, above it, the upper bits of the key's hash; the lower ones choose the slot.
    private const int PlaceBits = 40;

    private readonly long[] _slots = new long[1 << SlotBits];

    public bool TryFind(Key key, out long place)
    {
        var slot = _slots[SlotOf(key)];
        place = slot & ((1L << PlaceBits) - 1);
        return place != 0 && (ulong)slot >> PlaceBits == key.Hash >> PlaceBits;
    }

    public void Note(Key key, long place)
    {
        if (place is > 0 and < 1L << PlaceBits)
        {
            _slots[SlotOf(key)] = (long)(key.Hash >> PlaceBits << PlaceBits) | place;
        }
    }

    private static int SlotOf(Key key) => (int)(key.Hash & ((1 << SlotBits) - 1));
}
