using System.Collections.Concurrent;
using KvStore.Messages.Keys;

namespace KvStore.Node.Keys;

/// <summary>
/// The cells of all live key actors of this node, counted by shard: a shard is in use while it has one. Akka passivates by
/// idle time alone, so the number of live keys is bounded here (see <see cref="LiveKeyBudget"/>).
/// </summary>
/// <param name="maxLiveKeys">No key starts beyond this.</param>
public sealed class LiveKeys(int shards, int maxLiveKeys)
{
    /// <summary>
    /// Passivation takes a moment, so room is made from here on: keys that come and go need not be refused at the bound.
    /// </summary>
    private const double CrowdedShare = 0.8;

    private readonly ConcurrentDictionary<Key, KeyCell> _cells = new();
    private readonly ConcurrentDictionary<KeyCell, bool> _waiting = new();
    private readonly int[] _ofShard = new int[shards];
    private int _count;
    private long _passivations;
    private long _evictions;

    /// <summary>Asked to make room when the node is crowded; set once, at the start.</summary>
    public Action OnCrowded { get; set; } = static () => { };

    public int Count => Volatile.Read(ref _count);

    /// <summary>Key actors that left memory since the start, whatever for.</summary>
    public long Passivations => Interlocked.Read(ref _passivations);

    /// <summary>Key actors that were asked to make room since the start.</summary>
    public long Evictions => Interlocked.Read(ref _evictions);

    public int CrowdedFrom { get; } = (int)(maxLiveKeys * CrowdedShare);

    public IEnumerable<KeyCell> Cells => _cells.Select(pair => pair.Value);

    /// <summary>Those with requests that wait in their actors; few, as a rule.</summary>
    public IEnumerable<KeyCell> Waiting => _waiting.Select(pair => pair.Key);

    /// <summary>Only its actor says so.</summary>
    public void SetWaiting(KeyCell cell, bool hasWaiting)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (cell.HasWaiting == hasWaiting)
        {
            return;
        }

        cell.HasWaiting = hasWaiting;
        if (hasWaiting)
        {
            _waiting[cell] = true;
        }
        else
        {
            _waiting.TryRemove(cell, out _);
        }
    }

    public void Evicting(int count) => Interlocked.Add(ref _evictions, count);

    public int CountOf(int shard) => Volatile.Read(ref _ofShard[shard]);

    public bool Contains(Key key) => _cells.ContainsKey(key);

    /// <summary>The cell of a live key, or null.</summary>
    public KeyCell? Find(Key key) => _cells.GetValueOrDefault(key);

    /// <summary>Puts a cell in, in the place of one that a former incarnation left; false where the node is full.</summary>
    public bool TryAdd(KeyCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var live = Interlocked.Increment(ref _count);
        if (live > CrowdedFrom)
        {
            OnCrowded();
        }

        if (live > maxLiveKeys)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        if (_cells.TryAdd(cell.Key, cell))
        {
            Interlocked.Increment(ref _ofShard[cell.Shard]);
        }
        else
        {
            _cells[cell.Key] = cell;
            Interlocked.Decrement(ref _count);
        }

        return true;
    }

    /// <summary>Takes this very cell out, not that of a later incarnation.</summary>
    /// <returns>Whether its shard has no live key any more.</returns>
    public bool Remove(KeyCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        SetWaiting(cell, false);
        if (!_cells.TryRemove(KeyValuePair.Create(cell.Key, cell)))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        Interlocked.Increment(ref _passivations);
        return Interlocked.Decrement(ref _ofShard[cell.Shard]) == 0;
    }
}
