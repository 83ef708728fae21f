using KvStore.Messages.Keys;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// Where the rows of the keys written last were seen: their rowids. An update that knows it goes down the tree of the rows alone, and
/// not that of the primary key before. Only a guess: rows change places (<c>vacuum</c>, another process), keys share slots, and a
/// transaction that was undone leaves its places here. So whoever uses one compares the key.
/// </summary>
internal sealed class RowPlaces
{
    // In 2 MiB: of 100,000 keys that are written in turn, as many as a node has live by default, five in six find their place.
    private const int SlotBits = 18;

    // A slot holds a rowid and, above it, the upper bits of the key's hash. The bits below those choose the slot: the lowest choose the
    // shard, and a node that holds a third of the shards would use a third of the slots.
    private const int PlaceBits = 40;

    private readonly long[] _slots = new long[1 << SlotBits];

    public bool TryFind(Key key, out long place)
    {
        var slot = _slots[SlotOf(key)];
        place = slot & ((1L << PlaceBits) - 1);
        return place != 0 && (ulong)slot >> PlaceBits == key.Hash >> PlaceBits;
    }

    /// <summary>Without effect where the place fits into no slot: rowids grow from 1, and only a file that others fill has such ones.</summary>
    public void Note(Key key, long place)
    {
        if (place is > 0 and < 1L << PlaceBits)
        {
            _slots[SlotOf(key)] = (long)(key.Hash >> PlaceBits << PlaceBits) | place;
        }
    }

    private static int SlotOf(Key key) => (int)(key.Hash >> (PlaceBits - SlotBits)) & ((1 << SlotBits) - 1);
}
