using CsCheck;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// Small histories of one key: true ones, played on a single copy at a moment of each operation's time, and such with faults
/// put in. Times are few, so that much happens at once.
/// </summary>
internal static class RandomKeyHistories
{
    public const string Key = "k";

    private const int MaxOperations = 7;
    private const int Span = 24;

    private static readonly Gen<Plan> OnePlan = Gen.Select(
        Gen.OneOf<OperationKind>(OperationKind.Get, OperationKind.Get, OperationKind.Put, OperationKind.Put, OperationKind.Patch, OperationKind.Delete, OperationKind.List),
        Gen.Int[0, 6],
        Gen.Int[0, 4],
        Gen.Int[0, Span],
        Gen.Int[0, Span / 2],
        Gen.Double[0, 1],
        Gen.Int[0, 9],
        (kind, guard, version, start, length, moment, fate) => new Plan(kind, guard, version, start, length, moment, fate));

    private static readonly Gen<Fault> OneFault = Gen.Select(Gen.Int[0, 9], Gen.Int[0, MaxOperations], Gen.Int[-2, 2], (kind, at, by) => new Fault(kind, at, by));

    public static readonly Gen<KeyHistory> True = OnePlan.Array[1, MaxOperations].Select(Play);

    public static readonly Gen<KeyHistory> Faulty =
        Gen.Select(OnePlan.Array[1, MaxOperations], OneFault.Array[2, 6], (plans, faults) => faults.Aggregate(Play(plans), PutIn));

    /// <summary>Most writes have no answer, and nearly all is under way at once: there are many choices, and wrong ones.</summary>
    public static readonly Gen<KeyHistory> Silent =
        Gen.Select(OnePlan.Select(Silenced).Array[3, 6], OneFault.Array[0, 2], (plans, faults) => faults.Aggregate(Play(plans), PutIn));

    /// <param name="Moment">When it takes effect: from its start (0) to its end (1), or later where it has no answer.</param>
    /// <param name="Fate">0 to 2: no answer, though it took effect; 3: no answer, and no effect; 4: refused.</param>
    internal sealed record Plan(OperationKind Kind, int Guard, int Version, int Start, int Length, double Moment, int Fate);

    internal sealed record Fault(int Kind, int At, int By);

    private static Plan Silenced(Plan plan) =>
        plan with { Start = plan.Start / 12, Length = 3 * Span, Fate = plan.Kind != OperationKind.Get && plan.Fate < 7 ? plan.Fate % 4 : 9 };

    private static KeyHistory Play(Plan[] plans)
    {
        var operations = new List<Operation>();
        var lines = new List<SeenLine>();
        long stored = 0;
        string? value = null;
        var order = plans.Index().OrderBy(plan => plan.Item.Start + (plan.Item.Moment * plan.Item.Length * (plan.Item.Fate < 3 ? 3 : 1)));
        foreach (var (index, plan) in order)
        {
            var end = plan.Start + plan.Length;
            if (plan.Kind == OperationKind.List)
            {
                if (value is not null)
                {
                    lines.Add(new SeenLine(new ListedKey(Key, null, value, stored), plan.Start, end + Span));
                }

                continue;
            }

            var asked = Draft(index, plan, end);
            if (asked.IsWrite && plan.Fate is 3 or 4)
            {
                operations.Add(asked with { Outcome = plan.Fate == 3 && asked.IsWrite ? Outcome.Unknown : Outcome.NotApplied });
                continue;
            }

            var seen = Execute(asked, ref stored, ref value);
            operations.Add(asked.IsWrite && plan.Fate < 3
                ? asked with { Outcome = Outcome.Unknown }
                : plan.Fate < 3 ? asked with { Outcome = Outcome.NotApplied } : seen);
        }

        return new KeyHistory(Key, [.. operations], [.. lines]);
    }

    private static Operation Draft(int index, Plan plan, int end)
    {
        var isGet = plan.Kind == OperationKind.Get;
        return new Operation
        {
            Client = index,
            Asked = "n",
            Kind = plan.Kind,
            Key = Key,
            Start = plan.Start,
            End = end,
            Outcome = Outcome.NotApplied,
            Sent = plan.Kind switch
            {
                OperationKind.Put => (index % 3) switch
                {
                    0 => $"\"{index}\"",
                    1 => $$"""{"w":{{index}}}""",
                    _ => $$"""{"w":{{index}},"p":{{index}}}""",
                },
                OperationKind.Patch => index % 2 == 0 ? $$"""{"p":{{index}}}""" : $$"""{"q":{{index}},"p":{{index}}}""",
                _ => null,
            },
            IfVersion = !isGet && plan.Guard == 0 ? plan.Version : null,
            IfMatch = !isGet && plan.Guard == 1 ? Tag(plan.Version) : null,
            IfNoneMatch = plan.Guard == 2 ? (isGet ? Math.Max(1, plan.Version) : Tag(plan.Version)) : null,
        };
    }

    private static long Tag(int version) => version == 0 ? Operation.AnyVersion : version;

    private static Operation Execute(Operation asked, ref long stored, ref string? value)
    {
        var current = value is null ? 0 : stored;
        if (value is null && (asked.Kind == OperationKind.Get || (asked.Kind == OperationKind.Delete && asked.IfVersion is null or 0)))
        {
            return asked with { Outcome = Outcome.Absent, Version = 0 };
        }

        if (!Guard.Of(asked).Holds(current))
        {
            return asked with { Outcome = Outcome.GuardFailed, Version = current };
        }

        if (asked.IsWrite)
        {
            stored++;
            value = asked.Kind switch
            {
                OperationKind.Put => asked.Sent,
                OperationKind.Patch => ModelValue.Merge(value, asked.Sent!),
                _ => null,
            };
        }

        return asked with { Outcome = Outcome.Done, Version = stored, Value = value };
    }

    private static KeyHistory PutIn(KeyHistory history, Fault fault)
    {
        if (history.Operations.IsEmpty)
        {
            return history;
        }

        var at = fault.At % history.Operations.Length;
        var operation = history.Operations[at];
        var other = history.Operations[(at + 1) % history.Operations.Length];
        var changed = fault.Kind switch
        {
            0 or 1 when operation.Version is { } version => operation with { Version = Math.Max(operation.Outcome == Outcome.Done ? 1 : 0, version + fault.By) },
            2 when operation.Outcome == Outcome.Done && operation.Value is not null && other.Value is not null => operation with { Value = other.Value },
            3 when operation is { Outcome: Outcome.Unknown } => operation with { Outcome = Outcome.NotApplied },
            4 when operation is { IsWrite: true, Outcome: Outcome.Done } => operation with { Outcome = Outcome.NotApplied, Version = null, Value = null },
            5 when operation is { Kind: OperationKind.Get, Outcome: Outcome.Done } => operation with { Outcome = Outcome.Absent, Version = 0, Value = null, IfNoneMatch = null },
            6 or 7 => operation with { Start = operation.Start + (3 * fault.By), End = operation.End + (3 * fault.By) },
            8 when other is { Version: not null, Outcome: Outcome.Done } && operation.Kind == other.Kind && operation.Outcome == Outcome.Done => operation with { Version = other.Version },
            _ => operation with { End = Math.Max(operation.Start, operation.End + fault.By) },
        };
        return history with { Operations = history.Operations.SetItem(at, changed) };
    }
}
