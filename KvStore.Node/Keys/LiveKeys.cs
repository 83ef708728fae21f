using System.Collections.Concurrent;
using KvStore.Messages.Keys;

namespace KvStore.Node.Keys;

/// <summary>
/// The cells of all live key actors of this node, counted by shard: a shard is in use while it has one. Akka passivates by
/// idle time alone, so the number of live keys is bounded here (see <see cref="LiveKeyBudget"/>).
/// </summary>
public sealed class LiveKeys(int shards, int maxLiveKeys)
{
    private readonly ConcurrentDictionary<Key, KeyCell> _cells = new();
    private readonly int[] _ofShard = new int[shards];
    private int _count;

    /// <summary>Asked to make room when the bound is passed; set once, at the start.</summary>
    public Action OnOverBudget { get; set; } = static () => { };

    public int Count => Volatile.Read(ref _count);

    public int MaxLiveKeys => maxLiveKeys;

    /// <summary>No key starts beyond this: passivation takes a moment, and the bound must hold even when it cannot keep up.</summary>
    public bool IsFull => Count >= maxLiveKeys + (maxLiveKeys / 4) + 1;

    public IEnumerable<KeyCell> Cells => _cells.Select(pair => pair.Value);

    public int CountOf(int shard) => Volatile.Read(ref _ofShard[shard]);

    public bool Contains(Key key) => _cells.ContainsKey(key);

    /// <summary>Puts a cell in; one that a former incarnation left there is replaced.</summary>
    public void Add(KeyCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (!_cells.TryAdd(cell.Key, cell))
        {
            _cells[cell.Key] = cell;
            return;
        }

        Interlocked.Increment(ref _ofShard[cell.Shard]);
        if (Interlocked.Increment(ref _count) > maxLiveKeys)
        {
            OnOverBudget();
        }
    }

    /// <summary>Takes this very cell out, not that of a later incarnation.</summary>
    /// <returns>Whether its shard has no live key any more.</returns>
    public bool Remove(KeyCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (!_cells.TryRemove(KeyValuePair.Create(cell.Key, cell)))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        return Interlocked.Decrement(ref _ofShard[cell.Shard]) == 0;
    }
}
