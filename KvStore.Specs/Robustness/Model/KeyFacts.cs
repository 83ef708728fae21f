using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// What the answers about one key tell, ordered by version. A key has each version once, so that an answer that names one is
/// about one state; only 404 and the like leave open at which of the key's absences they came.
/// </summary>
internal sealed class KeyFacts
{
    private static readonly VersionFacts Nothing = new();
    private readonly Dictionary<long, VersionFacts> _versions = [];
    private readonly Dictionary<string, long> _lastSeen = [];
    private readonly Dictionary<(string, long), string> _live = [];

    public KeyFacts(KeyHistory history, KeyStart? start = null)
    {
        Start = start ?? KeyStart.Beginning;
        foreach (var operation in history.Operations)
        {
            Read(operation);
        }

        foreach (var seen in history.Lines)
        {
            Read(seen);
        }

        Max = _versions.Count == 0 ? Start.Version : Math.Max(Start.Version, _versions.Keys.Max());
        foreach (var (version, value) in _versions.Select(version => (version.Key, version.Value.Value)).Append((Start.Version, Start.Value)))
        {
            foreach (var part in value is null ? [] : ModelValue.Parts(value))
            {
                _lastSeen[part] = Math.Max(version, _lastSeen.GetValueOrDefault(part));
            }
        }

        Absences = new AbsentReads(history.Operations.Where(IsAbsentRead));
        Unknown = [.. Abstracted(history.Operations.Where(MayHaveHappened)).OrderBy(operation => operation.Start)];
        var missing = Max - Start.Version - _versions.Count(version => version.Key > Start.Version && version.Value.Writer is not null);
        if (missing > Unknown.Count)
        {
            Contradict($"{missing} versions up to {Max} have no acknowledged write, and only {Unknown.Count} writes have an unknown outcome");
        }
        else
        {
            SpreadListings();
            CompareTimes();
        }
    }

    public KeyStart Start { get; }

    /// <summary>The highest version that anybody was told of.</summary>
    public long Max { get; }

    public AbsentReads Absences { get; }

    /// <summary>Writes that take effect once after their start, or never; in the order of their starts.</summary>
    public IReadOnlyList<Operation> Unknown { get; }

    /// <summary>Why no order can explain the answers, where that can be seen without a search.</summary>
    public string? Contradiction { get; private set; }

    public IEnumerable<KeyValuePair<long, VersionFacts>> Versions => _versions;

    public VersionFacts this[long version] => _versions.GetValueOrDefault(version, Nothing);

    /// <summary>
    /// What nobody saw of a value, at this version or a later one, may as well be anything: states that differ in nothing else
    /// are then one and the same to the search, which comes to most of them in very many ways.
    /// </summary>
    public string Live(string value, long version)
    {
        if (!_live.TryGetValue((value, version), out var live))
        {
            _live.Add((value, version), live = ModelValue.WithoutUnseen(value, part => _lastSeen.GetValueOrDefault(part, -1) >= version));
        }

        return live;
    }

    private IEnumerable<Operation> Abstracted(IEnumerable<Operation> writes) =>
        writes.Select(write => write.Sent is { } sent ? write with { Sent = ModelValue.WithoutUnseen(sent, _lastSeen.ContainsKey) } : write);

    private static bool IsAbsentRead(Operation operation) =>
        operation.Outcome == Outcome.Absent || (operation is { Outcome: Outcome.GuardFailed, Version: 0 });

    private static bool MayHaveHappened(Operation operation) =>
        operation is { IsWrite: true, Outcome: Outcome.Unknown or Outcome.Forbidden };

    private void Read(Operation operation)
    {
        switch (operation.Outcome)
        {
            case Outcome.GuardFailed when operation.Version > 0 && operation.Version < Start.Version:
                break;
            case Outcome.GuardFailed when Guard.Of(operation).Holds(operation.Version ?? 0):
                Contradict($"the guard{Guard.Of(operation)} holds for version {operation.Version}, and was refused");
                break;
            case Outcome.GuardFailed when operation.Version > 0:
                At(operation.Version)?.IsPresent = true;
                Seen(operation);
                break;
            case Outcome.Done when operation.Kind == OperationKind.Get:
                Known(operation.Version, operation.Value);
                Seen(operation);
                break;
            case Outcome.Done when operation.IsWrite:
                Written(operation);
                break;
            default:
                break;
        }
    }

    private void Read(SeenLine seen)
    {
        Known(seen.Line.Version, seen.Line.Value);
        if (At(seen.Line.Version) is { } facts)
        {
            facts.WriterBegunBy = Math.Min(facts.WriterBegunBy, seen.End);
        }
    }

    private void Seen(Operation read)
    {
        if (At(read.Version) is { } facts)
        {
            facts.Latest = Math.Min(facts.Latest, read.End);
            facts.SeenUntil = Math.Max(facts.SeenUntil, read.Start);
        }
    }

    private void Written(Operation write)
    {
        if (At(write.Version) is not { } facts)
        {
            return;
        }

        if (facts.Writer is not null)
        {
            Contradict($"version {write.Version} was acknowledged to two writes");
        }

        facts.Writer = write;
        facts.Latest = Math.Min(facts.Latest, write.End);
        if (write.Kind != OperationKind.Delete)
        {
            Known(write.Version, write.Value ?? write.Sent);
        }
    }

    private void Known(long? version, string? value)
    {
        if (At(version) is not { } facts || value is null)
        {
            return;
        }

        if (facts.Value is not null && facts.Value != value)
        {
            Contradict($"version {version} has two values, {facts.Value} and {value}");
        }

        facts.Value = value;
        facts.IsPresent = true;
    }

    /// <summary>Null for what lies before the start.</summary>
    private VersionFacts? At(long? version)
    {
        if (version is not { } number || number < Start.Version)
        {
            return null;
        }

        if (number == 0)
        {
            Contradict("a value or a tombstone has version 1 or more");
            return null;
        }

        if (!_versions.TryGetValue(number, out var facts))
        {
            _versions.Add(number, facts = new VersionFacts());
        }

        return facts;
    }

    /// <summary>What is listed was written, and all versions before it were.</summary>
    private void SpreadListings()
    {
        var begunBy = long.MaxValue;
        for (var version = Max; version > Start.Version; version--)
        {
            begunBy = Math.Min(begunBy, this[version].WriterBegunBy);
            if (begunBy < long.MaxValue && At(version) is { } facts)
            {
                facts.WriterBegunBy = begunBy;
            }
        }
    }

    /// <summary>Whoever wrote the versions that nobody acknowledged: no version was known before an earlier one can have been.</summary>
    private void CompareTimes()
    {
        var (earliest, since) = (long.MinValue, Start.Version);
        for (var version = Start.Version + 1; version <= Max; version++)
        {
            var notBefore = Math.Max(this[version].Writer?.Start ?? long.MinValue, this[version - 1].SeenUntil);
            (earliest, since) = notBefore > earliest ? (notBefore, version) : (earliest, since);
            if (this[version].Latest < earliest)
            {
                Contradict(since == version
                    ? $"version {version} was known before it can have been: its writer had not begun, or version {version - 1} was still there"
                    : $"version {version} was known before version {since} can have been");
            }
        }
    }

    private void Contradict(string why) => Contradiction ??= why;
}

/// <summary>The state that the judgement begins with: that of a key that never was, or one that is taken for granted.</summary>
/// <param name="Value">Null where the key is absent.</param>
/// <param name="NotBefore">The version came to be then or later.</param>
/// <param name="Latest">It was there by then.</param>
internal sealed record KeyStart(long Version, string? Value, long NotBefore, long Latest)
{
    public static readonly KeyStart Beginning = new(0, null, long.MinValue, long.MaxValue);
}
