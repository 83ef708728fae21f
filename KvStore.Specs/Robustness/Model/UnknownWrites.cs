using System.Numerics;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// The writes of which nobody knows whether they took effect, and which of them can have made a version that no acknowledged
/// write made. Without care each would have to be tried for each such version. Two observations keep that small:
/// <list type="number">
/// <item>A version whose value was seen, and that only one of them can have written, was written by that one: it is kept for it.</item>
/// <item>
/// Of two that differ in nothing that anybody saw, the one that began first can take the other's place in every explanation:
/// only it is tried.
/// </item>
/// </list>
/// </summary>
internal sealed class UnknownWrites
{
    private readonly KeyFacts _facts;
    private readonly Dictionary<int, long> _keptFor = [];
    private readonly bool[] _wasSeen;
    private readonly string[] _shapes;

    public UnknownWrites(KeyFacts facts)
    {
        _facts = facts;
        var writes = facts.Unknown;
        var seen = facts.Versions.Where(version => version.Value.Value is not null)
            .SelectMany(version => ModelValue.Parts(version.Value.Value!)).ToHashSet();
        _wasSeen = [.. writes.Select(write => write.Sent is { } sent && ModelValue.Parts(sent).Any(seen.Contains))];
        _shapes = [.. writes.Select(write => write.Sent is { } sent ? ModelValue.ShapeOf(sent) : "")];
        foreach (var (version, known) in facts.Versions.OrderBy(version => version.Key))
        {
            if (known.Value is { } value && known.Writer is null && version > facts.Start.Version)
            {
                Keep(version, value);
            }
        }
    }

    /// <summary>Why no order can explain the answers, where that can be seen without a search.</summary>
    public string? Contradiction { get; private set; }

    /// <summary>The numbers of those that can be next, of each kind the one that began first.</summary>
    /// <param name="missed">Those that could have been next, had they not been used before.</param>
    public List<int> After(KeyPosition position, out List<int> missed)
    {
        missed = [];
        var version = position.Version + 1;
        var begunBy = _facts[version].WriterBegunBy;
        var kinds = new HashSet<(OperationKind, string Shape, string Use)>();
        var next = new List<int>();
        for (var i = 0; i < _facts.Unknown.Count && _facts.Unknown[i].Start <= begunBy; i++)
        {
            var write = _facts.Unknown[i];
            if ((_keptFor.TryGetValue(i, out var kept) && kept != version)
                || !Guard.Of(write).Holds(position.Current)
                || (write.Kind == OperationKind.Delete && position.Value is null))
            {
                continue;
            }

            if (IsUsed(position, i))
            {
                missed.Add(i);
            }
            else if (_wasSeen[i] || kinds.Add((write.Kind, _shapes[i], UseOf(Guard.Of(write), i))))
            {
                next.Add(i);
            }
        }

        // What is possible at few places goes before what would do at many others as well, so that those are left for later.
        next.Sort((one, other) => (Places(one), one).CompareTo((Places(other), other)));
        return next;
    }

    /// <summary>
    /// Whether there is a DELETE left that only another write could make possible. Without one no other write can help to
    /// explain an absence: what deletes now deletes as well before them.
    /// </summary>
    /// <param name="missed">Gets those that there would be, had they not been used before.</param>
    public bool HasDeleteForLater(KeyPosition position, ref BigInteger missed)
    {
        for (var i = 0; i < _facts.Unknown.Count; i++)
        {
            var write = _facts.Unknown[i];
            if (write.Kind != OperationKind.Delete || !Guard.Of(write).MayHoldAfter(position.Version))
            {
                continue;
            }

            if (!IsUsed(position, i))
            {
                return true;
            }

            missed |= BigInteger.One << i;
        }

        return false;
    }

    /// <summary>Rises with the number of places where a write is possible.</summary>
    private int Places(int number) => UseOf(Guard.Of(_facts.Unknown[number]), number) switch
    {
        "always" => _facts.Unknown[number].Kind == OperationKind.Delete ? 2 : 3,
        "absent" or "present" => 1,
        _ => 0,
    };

    private static bool IsUsed(KeyPosition position, int number) => !(position.Used & (BigInteger.One << number)).IsZero;

    /// <summary>Two writes with the same one are possible in the same states, from this one on.</summary>
    private static string UseOf(Guard guard, int number) => guard switch
    {
        (null, null, null) => "always",
        ( > 0, null, null) or (null, > 0, null) => "now or never",
        (0, null, null) or (null, null, Operation.AnyVersion) => "absent",
        (null, Operation.AnyVersion, null) => "present",
        _ => $"number {number}",
    };

    private void Keep(long version, string value)
    {
        var parts = ModelValue.Parts(value).ToHashSet();
        var writers = Enumerable.Range(0, _facts.Unknown.Count).Where(i => CanWrite(_facts.Unknown[i], value, parts)).Take(2).ToArray();
        if (writers.Length == 0)
        {
            Contradiction ??= $"version {version} has the value {value}, and no write that may have taken effect left that";
        }
        else if (writers.Length == 1 && !_keptFor.TryAdd(writers[0], version))
        {
            Contradiction ??= $"one write made both version {_keptFor[writers[0]]} and version {version}";
        }
    }

    private static bool CanWrite(Operation write, string value, HashSet<string> parts) => write.Kind switch
    {
        OperationKind.Put => write.Sent == value,
        OperationKind.Patch => ModelValue.Parts(write.Sent!).All(parts.Contains),
        _ => false,
    };
}
