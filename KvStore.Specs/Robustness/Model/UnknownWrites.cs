using System.Numerics;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// The writes of which nobody knows whether they took effect, and which of them can have made a version that no acknowledged
/// write made. Without care each would have to be tried for each such version. Three observations keep that small:
/// <list type="number">
/// <item>A version whose value was seen, and that only one of them can have written, was written by that one: it is kept for it.</item>
/// <item>
/// A part of a value that was seen, and that only one of them brings, came by that one, and not before the version that last
/// lacked it: it is kept for those from there to where the part was seen.
/// </item>
/// <item>
/// Of two that differ in nothing that anybody saw, the one that began first can take the other's place in every explanation:
/// only it is tried.
/// </item>
/// </list>
/// </summary>
internal sealed class UnknownWrites
{
    private readonly KeyFacts _facts;
    private readonly Dictionary<int, (long From, long To)> _keptFor = [];
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
            if (known.Value is not { } value || version <= facts.Start.Version)
            {
                continue;
            }

            if (known.Writer is null)
            {
                Keep(version, value);
            }

            foreach (var part in ModelValue.Parts(value))
            {
                KeepForPart(version, part);
            }
        }
    }

    private enum Use
    {
        Always,
        NowOrNever,
        WhereAbsent,
        WherePresent,
        Other,
    }

    /// <summary>Why no order can explain the answers, where that can be seen without a search.</summary>
    public string? Contradiction { get; private set; }

    /// <summary>The numbers of those that can be next, of each kind the one that began first.</summary>
    /// <param name="order">In which order: whoever needs only one of them may be lucky with another one.</param>
    /// <param name="missed">Those that could have been next, had they not been used before.</param>
    public List<int> After(KeyPosition position, WriteOrder order, out List<int> missed)
    {
        missed = [];
        var version = position.Version + 1;
        var begunBy = _facts[version].WriterBegunBy;
        var kinds = new HashSet<(OperationKind, string Shape, (Use, Guard?) Use)>();
        var next = new List<int>();
        for (var i = 0; i < _facts.Unknown.Count && _facts.Unknown[i].Start <= begunBy; i++)
        {
            var write = _facts.Unknown[i];
            if ((_keptFor.TryGetValue(i, out var kept) && (version < kept.From || version > kept.To))
                || !Guard.Of(write).Holds(position.Current)
                || (write.Kind == OperationKind.Delete && position.Value is null))
            {
                continue;
            }

            if (IsUsed(position, i))
            {
                missed.Add(i);
            }
            else if (_wasSeen[i] || kinds.Add((write.Kind, _shapes[i], UseOf(Guard.Of(write)))))
            {
                next.Add(i);
            }
        }

        next.Sort((one, other) => (Rank(one, version, order), one).CompareTo((Rank(other, version, order), other)));
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

    /// <summary>
    /// What is possible at few places goes before what would do at many others as well, so that those are left for later. Deletes
    /// have places of their own, the absences that were seen, but where there are none they make room for what needs an absence.
    /// </summary>
    private int Rank(int number, long version, WriteOrder order)
    {
        var write = _facts.Unknown[number];
        var use = UseOf(Guard.Of(write)).Use;
        if (order.Seed is { } seed)
        {
            // Any mixing will do, as long as it is the same in each run of the judge.
            var mixed = unchecked((((ulong)seed * 0x9E3779B97F4A7C15) + (ulong)version) * 0xC2B2AE3D27D4EB4F);
            return (int)(unchecked((mixed ^ (((ulong)write.Kind << 4) + (ulong)use)) * 0xFF51AFD7ED558CCD) >> 40);
        }

        return use switch
        {
            Use.Always when write.Kind == OperationKind.Delete => order.DeletesLast ? 4 : 2,
            Use.Always => 3,
            Use.WhereAbsent or Use.WherePresent => 1,
            _ => 0,
        };
    }

    private static bool IsUsed(KeyPosition position, int number) => !(position.Used & (BigInteger.One << number)).IsZero;

    /// <summary>Two writes with the same one are possible in the same states, from this one on.</summary>
    /// <returns>The guard too where nothing more general can be said.</returns>
    private static (Use Use, Guard? Guard) UseOf(Guard guard) => guard switch
    {
        (null, null, null) => (Use.Always, null),
        ( > 0, null, null) or (null, > 0, null) => (Use.NowOrNever, null),
        (0, null, null) or (null, null, Operation.AnyVersion) => (Use.WhereAbsent, null),
        (null, Operation.AnyVersion, null) => (Use.WherePresent, null),
        _ => (Use.Other, guard),
    };

    private void Keep(long version, string value)
    {
        var parts = ModelValue.Parts(value).ToHashSet();
        var writers = Enumerable.Range(0, _facts.Unknown.Count).Where(i => CanWrite(_facts.Unknown[i], value, parts)).Take(2).ToArray();
        if (writers.Length == 0)
        {
            Contradiction ??= $"version {version} has the value {value}, and no write that may have taken effect left that";
        }
        else if (writers.Length == 1)
        {
            KeepFor(writers[0], version, version);
        }
    }

    private void KeepForPart(long version, string part)
    {
        if (FirstThatCanHaveBrought(version, part) is not { } first)
        {
            return;
        }

        var writers = Enumerable.Range(0, _facts.Unknown.Count)
            .Where(i => _facts.Unknown[i].Sent is { } sent && ModelValue.Parts(sent).Contains(part)).Take(2).ToArray();
        if (writers.Length == 1)
        {
            KeepFor(writers[0], first, version);
        }
    }

    /// <summary>Null where an acknowledged write brought the part, or where it was seen before: then it is told there.</summary>
    private long? FirstThatCanHaveBrought(long version, string part)
    {
        for (var first = version; ; first--)
        {
            if (_facts[first].Writer is { } writer
                && (writer.Kind != OperationKind.Patch || ModelValue.Parts(writer.Sent!).Contains(part)))
            {
                return null;
            }

            var before = first - 1 == _facts.Start.Version ? _facts.Start.Value : _facts[first - 1].Value;
            if (before is not null)
            {
                return ModelValue.Parts(before).Contains(part) ? null : first;
            }

            if (first - 1 == _facts.Start.Version || _facts[first - 1].Writer?.Kind == OperationKind.Delete)
            {
                return first;
            }
        }
    }

    private void KeepFor(int number, long from, long to)
    {
        var kept = _keptFor.GetValueOrDefault(number, (From: long.MinValue, To: long.MaxValue));
        var both = (From: Math.Max(kept.From, from), To: Math.Min(kept.To, to));
        if (both.From > both.To)
        {
            Contradiction ??= kept.From == kept.To && from == to
                ? $"one write made both version {kept.From} and version {from}"
                : $"one write made a version from {kept.From} to {kept.To} and one from {from} to {to}";
        }

        _keptFor[number] = both;
    }

    private static bool CanWrite(Operation write, string value, HashSet<string> parts) => write.Kind switch
    {
        OperationKind.Put => write.Sent == value,
        OperationKind.Patch => ModelValue.Parts(write.Sent!).All(parts.Contains),
        _ => false,
    };
}

/// <summary>In which order the writes that can be next are tried.</summary>
/// <param name="Seed">By chance, another at each version; null: by rule.</param>
internal readonly record struct WriteOrder(bool DeletesLast, int? Seed);
