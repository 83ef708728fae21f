using System.Numerics;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

internal enum Explanation
{
    Found,
    None,

    /// <summary>The search was given up, after as many steps as it may take.</summary>
    Unfinished,
}

/// <summary>
/// Looks for an order of a key's operations that explains every answer: that is, one that a single copy of the key could
/// have gone through, with each operation between its start and its end.
/// </summary>
/// <remarks>
/// Versions make this an argument rather than a search. (1) Each successful write makes the next version, so the order of
/// the acknowledged writes is given; and an answer with a version came while that version was the current one. (2) So each
/// version came to be between two known times: not before its writer began, nor before anybody began who saw the version
/// before it; not after anybody had an answer that tells of it. An order exists if and only if there are such times that do not
/// fall, since operations that touch at one moment may be ordered either way. (3) Answers of "absent" name no version; what they
/// need is worked out in <see cref="KeyPosition"/>. (4) What remains open is who wrote the versions that no acknowledged write
/// made; only there are there choices, and all of them are tried, see <see cref="UnknownWrites"/>. After the last version
/// that was seen a write may still be needed to explain an absence.
/// </remarks>
internal sealed class KeySearch
{
    private static readonly IReadOnlyList<WriteOrder> Orders =
        [new(false, null), new(true, null), .. Enumerable.Range(1, 8).Select(seed => new WriteOrder(false, seed))];

    private readonly KeyFacts _facts;
    private readonly UnknownWrites _unknown;
    private readonly int _maxSteps;
    private readonly Dictionary<KeyPosition, List<BigInteger>> _deadEnds = [];
    private readonly Dictionary<KeyPosition, bool> _hopeless = [];
    private WriteOrder _order;
    private int _steps;
    private int _stepsOfTry;
    private long _furthest = -1;

    /// <param name="maxSteps">Versions and choices looked at, over all tries.</param>
    public KeySearch(KeyFacts facts, int maxSteps)
    {
        _facts = facts;
        _maxSteps = maxSteps;
        _unknown = facts.Contradiction is null ? new UnknownWrites(facts) : new UnknownWrites(new KeyFacts(new KeyHistory("", [], [])));
    }

    /// <summary>Why there is no explanation: what stood in the way where the search came furthest.</summary>
    public string? Obstacle { get; private set; }

    public Explanation Run()
    {
        if ((_facts.Contradiction ?? _unknown.Contradiction) is { } contradiction)
        {
            Obstacle = contradiction;
            return Explanation.None;
        }

        var start = KeyPosition.Of(_facts.Start);
        if (IsHopeless(start))
        {
            return Explanation.None;
        }

        // What one order misses by an early choice that it comes to doubt late, another one may find at once. Dead ends are dead
        // ends in every order.
        var tries = Orders.Count;
        foreach (var order in Orders)
        {
            (_order, _stepsOfTry) = (order, Math.Min(_maxSteps, _steps + ((_maxSteps - _steps) / tries--)));
            if (Explore(start, out _) is var explanation and not Explanation.Unfinished)
            {
                return explanation;
            }
        }

        return Explanation.Unfinished;
    }

    /// <summary>
    /// Whether there is no way on from here even if each write with an unknown outcome could be used any number of times.
    /// That is quickly told, since what was used before plays no part in it, and it closes nearly all wrong ways at once.
    /// </summary>
    private bool IsHopeless(KeyPosition position)
    {
        while (++_steps <= _maxSteps)
        {
            if (position.Version >= _facts.Max)
            {
                return !position.CanBeLast(_facts.Absences) && !MayBeDeletedLater(position);
            }

            if (_facts[position.Version + 1].Writer is not { } writer)
            {
                position = position with { Used = BigInteger.Zero };
                if (!_hopeless.TryGetValue(position, out var isHopeless))
                {
                    Blocked(position.Version, $"no write with an unknown outcome can have made version {position.Version + 1}");
                    isHopeless = _unknown.After(position, _order, out _).All(number => !LeadsOn(position, number));
                    _hopeless.Add(position, isHopeless);
                }

                return isHopeless;
            }

            if (After(position, writer, BigInteger.Zero) is not { } next)
            {
                return true;
            }

            position = next;
        }

        return false;
    }

    private bool LeadsOn(KeyPosition position, int number) =>
        After(position, _facts.Unknown[number], BigInteger.Zero) is { } next && !IsHopeless(next);

    private bool MayBeDeletedLater(KeyPosition position)
    {
        Blocked(position.Version, "it was seen absent, and at none of those times it can have been");
        var missed = BigInteger.Zero;
        position = position with { Used = BigInteger.Zero };
        return _unknown.HasDeleteForLater(position, ref missed)
            || _unknown.After(position, _order, out _).Any(number => _facts.Unknown[number].Kind == OperationKind.Delete
                && After(position, _facts.Unknown[number], BigInteger.Zero) is not null);
    }

    /// <param name="blame">
    /// Where nothing was found: what of the position's used writes was missed on the way. With these used nothing can be found,
    /// whatever else is used or not.
    /// </param>
    private Explanation Explore(KeyPosition position, out BigInteger blame)
    {
        blame = BigInteger.Zero;
        while (true)
        {
            if (++_steps > _stepsOfTry)
            {
                return Explanation.Unfinished;
            }

            if (position.Version >= _facts.Max)
            {
                if (position.CanBeLast(_facts.Absences))
                {
                    return Explanation.Found;
                }

                Blocked(position.Version, "it was seen absent, and at none of those times it can have been");
                return Choose(position, out blame);
            }

            if (_facts[position.Version + 1].Writer is not { } writer)
            {
                return Choose(position, out blame);
            }

            if (After(position, writer, position.Used) is not { } next)
            {
                return Explanation.None;
            }

            position = next;
        }
    }

    /// <summary>Tries all writes with an unknown outcome that can be next.</summary>
    private Explanation Choose(KeyPosition position, out BigInteger blame)
    {
        // Of which writes are used a dead end only remembers those that matter: else each would be found again for every
        // way in which the versions before it can have been written.
        var state = position with { Used = BigInteger.Zero };
        if (_deadEnds.TryGetValue(state, out var known))
        {
            foreach (var former in known)
            {
                if ((former & position.Used) == former)
                {
                    blame = former;
                    return Explanation.None;
                }
            }
        }

        var candidates = _unknown.After(position, _order, out var missed);
        blame = missed.Where(number => LeadsOn(position, number)).Aggregate(BigInteger.Zero, (bits, number) => bits | (BigInteger.One << number));
        var onlyDeletes = position.Version >= _facts.Max && !_unknown.HasDeleteForLater(position, ref blame);
        Blocked(position.Version, $"no write with an unknown outcome can have made version {position.Version + 1}");
        foreach (var number in candidates)
        {
            _steps++;
            var write = _facts.Unknown[number];
            var bit = BigInteger.One << number;
            if ((onlyDeletes && write.Kind != OperationKind.Delete) || After(position, write, position.Used | bit) is not { } next
                || IsHopeless(next))
            {
                continue;
            }

            var explanation = Explore(next, out var missedLater);
            if (explanation != Explanation.None)
            {
                return explanation;
            }

            blame |= missedLater & ~bit;
        }

        if (known is null)
        {
            _deadEnds.Add(state, known = []);
        }

        known.Add(blame);
        return Explanation.None;
    }

    /// <summary>The position after a write, or null where the write, or its time, contradicts what was seen.</summary>
    private KeyPosition? After(KeyPosition position, Operation write, BigInteger used)
    {
        var version = position.Version + 1;
        var facts = _facts[version];
        if (!Guard.Of(write).Holds(position.Current))
        {
            return Blocked(version, $"its guard{Guard.Of(write)} does not hold for the version before it");
        }

        if (write.Kind == OperationKind.Delete && position.Value is null)
        {
            return Blocked(version, "it deletes what was absent");
        }

        var value = write.Kind switch
        {
            OperationKind.Put => write.Sent,
            OperationKind.Patch => ModelValue.Merge(position.Value, write.Sent!),
            _ => null,
        };
        value = value is null ? null : _facts.Live(value, version);
        if ((facts.IsPresent && value is null) || (facts.Value is not null && facts.Value != value))
        {
            return Blocked(version, $"it was seen as {facts.Value ?? "present"}, and would be {value ?? "absent"}");
        }

        if (write.Start > facts.WriterBegunBy)
        {
            return Blocked(version, "it was listed before its writer began");
        }

        var earliest = Math.Max(write.Start, _facts[position.Version].SeenUntil);
        return position.Next(value, used, earliest, facts.Latest, _facts.Absences)
            ?? Blocked(version, "somebody knew it before it can have been, or saw what it replaced when it was there already");
    }

    private KeyPosition? Blocked(long version, string why)
    {
        if (version > _furthest)
        {
            _furthest = version;
            Obstacle = $"version {version}: {why}";
        }

        return null;
    }
}
