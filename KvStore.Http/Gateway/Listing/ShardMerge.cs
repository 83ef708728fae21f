using System.Collections.Immutable;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Listing;

/// <summary>
/// Merges the sorted pages of many shards into one sorted stream. Pure: pages come in by <see cref="Append"/>, entries go out
/// by <see cref="TryTake"/>, and which is the next one is only known while every shard that may have more keys has one here.
/// A binary heap holds the shards that have; its top is replaced in place, since most often it stays near the top.
/// </summary>
internal sealed class ShardMerge
{
    /// <summary>What an entry takes beside its text and value: object header, array slot, version.</summary>
    private const int EntryOverheadBytes = 64;

    private readonly Slot[] _slots;
    private readonly string[] _heapKeys;
    private readonly int[] _heapSlots;
    private int _heapCount;
    private int _starved;

    /// <param name="after">Where every shard begins, exclusive; empty for the beginning.</param>
    public ShardMerge(int shards, string after)
    {
        _slots = [.. Enumerable.Range(0, shards).Select(_ => new Slot { Cursor = after })];
        _heapKeys = new string[shards];
        _heapSlots = new int[shards];
        _starved = shards;
    }

    /// <summary>Whether all shards came to their end and all entries were taken.</summary>
    public bool IsDone => _starved == 0 && _heapCount == 0;

    /// <summary>What the entries in here take, in bytes, about.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>Entries of one shard that wait in here.</summary>
    public int Remaining(int shard) => _slots[shard].Remaining;

    /// <summary>Whether no more pages of the shard are to be asked for.</summary>
    public bool IsLast(int shard) => _slots[shard].IsLast;

    /// <summary>The last key of the shard that came in; the next page begins after it.</summary>
    public string Cursor(int shard) => _slots[shard].Cursor;

    public static long BytesOf(in ListedKey entry) => EntryOverheadBytes + (2L * entry.Key.Length) + (entry.Value?.Length ?? 0);

    /// <summary>Takes the next page of a shard in.</summary>
    /// <returns>What is wrong with it, or null. A page must go on from the cursor, or lines would come twice or for ever.</returns>
    public string? Append(int shard, ImmutableArray<ListedKey> page, bool isLast)
    {
        var slot = _slots[shard];
        if (page.IsDefaultOrEmpty)
        {
            if (!isLast)
            {
                return $"a page of shard {shard} is empty and not the last";
            }
        }
        else if (slot.Cursor.Length > 0 && Key.CompareUtf8(page[0].Key, slot.Cursor) <= 0)
        {
            return $"a page of shard {shard} begins with '{page[0].Key}', which is not after '{slot.Cursor}'";
        }

        var wasStarved = slot.Remaining == 0 && !slot.IsLast;
        slot.IsLast = isLast;
        if (!page.IsDefaultOrEmpty)
        {
            slot.Add(page);
            foreach (ref readonly var entry in page.AsSpan())
            {
                BufferedBytes += BytesOf(entry);
            }
        }

        if (wasStarved)
        {
            _starved--;
            if (slot.Remaining > 0)
            {
                Push(slot.Head.Key, shard);
            }
        }

        return null;
    }

    /// <summary>Takes the next entry in order out; false where it is not here yet, or there is none.</summary>
    public bool TryTake(out ListedKey entry, out int shard)
    {
        if (_starved > 0 || _heapCount == 0)
        {
            entry = default;
            shard = -1;
            return false;
        }

        shard = _heapSlots[0];
        var slot = _slots[shard];
        entry = slot.Take();
        BufferedBytes -= BytesOf(entry);
        if (slot.Remaining > 0)
        {
            SiftDown(slot.Head.Key, shard);
            return true;
        }

        _starved += slot.IsLast ? 0 : 1;
        _heapCount--;
        if (_heapCount > 0)
        {
            SiftDown(_heapKeys[_heapCount], _heapSlots[_heapCount]);
        }

        return true;
    }

    private void Push(string key, int shard)
    {
        var hole = _heapCount++;
        while (hole > 0)
        {
            var parent = (hole - 1) / 2;
            if (Key.CompareUtf8(_heapKeys[parent], key) <= 0)
            {
                break;
            }

            _heapKeys[hole] = _heapKeys[parent];
            _heapSlots[hole] = _heapSlots[parent];
            hole = parent;
        }

        _heapKeys[hole] = key;
        _heapSlots[hole] = shard;
    }

    /// <summary>Puts an entry in the place of the top, and down to where it belongs.</summary>
    private void SiftDown(string key, int shard)
    {
        var hole = 0;
        while (true)
        {
            var child = (2 * hole) + 1;
            if (child >= _heapCount)
            {
                break;
            }

            if (child + 1 < _heapCount && Key.CompareUtf8(_heapKeys[child + 1], _heapKeys[child]) < 0)
            {
                child++;
            }

            if (Key.CompareUtf8(key, _heapKeys[child]) <= 0)
            {
                break;
            }

            _heapKeys[hole] = _heapKeys[child];
            _heapSlots[hole] = _heapSlots[child];
            hole = child;
        }

        _heapKeys[hole] = key;
        _heapSlots[hole] = shard;
    }

    /// <summary>The pages of one shard that wait, the first of them partly taken.</summary>
    private sealed class Slot
    {
        private readonly Queue<ImmutableArray<ListedKey>> _later = new();
        private ImmutableArray<ListedKey> _page = [];
        private int _taken;

        public int Remaining { get; private set; }

        public bool IsLast { get; set; }

        public required string Cursor { get; set; }

        public ref readonly ListedKey Head => ref _page.ItemRef(_taken);

        public void Add(ImmutableArray<ListedKey> page)
        {
            Remaining += page.Length;
            Cursor = page[^1].Key;
            if (_taken == _page.Length)
            {
                (_page, _taken) = (page, 0);
            }
            else
            {
                _later.Enqueue(page);
            }
        }

        public ListedKey Take()
        {
            var entry = _page[_taken++];
            Remaining--;
            if (_taken == _page.Length)
            {
                // Lets go of the page even where no other waits: its values may be large.
                (_page, _taken) = (_later.TryDequeue(out var next) ? next : [], 0);
            }

            return entry;
        }
    }
}
