namespace KvStore.Specs.OwnershipModel;

/// <summary>
/// The states that were found, each once and exactly (no hash stands for a state), in the order of their finding, with the
/// state that each was found from. About 56 bytes a state.
/// </summary>
internal sealed class StateSet
{
    private const int ChunkBits = 16;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<ModelState[]> _states = [];
    private readonly List<int[]> _parents = [];

    /// <summary>Open addressing; 1 + the number of a state, 0 where there is none.</summary>
    private int[] _slots = new int[1 << 12];

    public int Count { get; private set; }

    public ref readonly ModelState this[int number] => ref _states[number >> ChunkBits][number & (ChunkSize - 1)];

    public int ParentOf(int number) => _parents[number >> ChunkBits][number & (ChunkSize - 1)];

    /// <returns>False where the state was there already.</returns>
    public bool Add(in ModelState state, int parent)
    {
        if (Count * 5L > _slots.Length * 3L)
        {
            Grow();
        }

        var slot = Slot(state);
        if (_slots[slot] != 0)
        {
            return false;
        }

        if (Count >> ChunkBits == _states.Count)
        {
            _states.Add(new ModelState[ChunkSize]);
            _parents.Add(new int[ChunkSize]);
        }

        _states[^1][Count & (ChunkSize - 1)] = state;
        _parents[^1][Count & (ChunkSize - 1)] = parent;
        _slots[slot] = ++Count;
        return true;
    }

    private int Slot(in ModelState state)
    {
        var mask = _slots.Length - 1;
        for (var slot = state.GetHashCode() & mask; ; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == 0 || this[_slots[slot] - 1].Equals(state))
            {
                return slot;
            }
        }
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var number = 0; number < Count; number++)
        {
            _slots[Slot(this[number])] = number + 1;
        }
    }
}
