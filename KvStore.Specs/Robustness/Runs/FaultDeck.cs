using KvStore.Specs.Robustness.Faults;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// All that can happen, shuffled by the seed and dealt again when it is used up, so that the runs of many seeds see each fault
/// about as often. What is under way is not dealt a second time. Safe for several lanes.
/// </summary>
internal sealed class FaultDeck
{
    private readonly Lock _sync = new();
    private readonly IFault[] _all;
    private readonly Random _random;
    private readonly List<IFault> _left = [];
    private readonly HashSet<IFault> _underWay = [];
    private readonly SortedDictionary<string, int> _dealt = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">There is none.</exception>
    public FaultDeck(IFault[] faults, int seed)
    {
        if (faults.Length == 0)
        {
            throw new ArgumentException("None of the faults can happen on this stage.", nameof(faults));
        }

        (_all, _random) = (faults, new Random(seed));
    }

    /// <summary>How often each fault was dealt, by its name.</summary>
    public IReadOnlyDictionary<string, int> Dealt
    {
        get
        {
            lock (_sync)
            {
                return new SortedDictionary<string, int>(_dealt, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>The next one that is not under way; where all are, the next one.</summary>
    public IFault Deal()
    {
        lock (_sync)
        {
            var next = Find() ?? Shuffled().Find() ?? _left[0];
            _left.Remove(next);
            _underWay.Add(next);
            _dealt[next.Name] = _dealt.GetValueOrDefault(next.Name) + 1;
            return next;
        }
    }

    /// <summary>It is over.</summary>
    public void PutBack(IFault fault)
    {
        lock (_sync)
        {
            _underWay.Remove(fault);
        }
    }

    private IFault? Find() => _left.Find(fault => !_underWay.Contains(fault));

    private FaultDeck Shuffled()
    {
        _random.Shuffle(_all);
        _left.AddRange(_all);
        return this;
    }
}
