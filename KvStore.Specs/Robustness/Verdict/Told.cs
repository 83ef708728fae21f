using System.Collections.Immutable;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>Histories written by hand, in a few words each. Times are seconds.</summary>
internal static class Told
{
    public const string TheKey = "k";

    public static Operation Put(double start, double end, string sent, long? version = null, long? ifVersion = null) => Ended(
        Draft(OperationKind.Put, start, end) with { Sent = sent, IfVersion = ifVersion }, version, sent);

    public static Operation Patch(double start, double end, string sent, long? version = null, string? value = null) => Ended(
        Draft(OperationKind.Patch, start, end) with { Sent = sent }, version, value);

    public static Operation Delete(double start, double end, long? version = null) => Ended(Draft(OperationKind.Delete, start, end), version, null);

    public static Operation Get(double start, double end, long version, string value) =>
        Draft(OperationKind.Get, start, end) with { Outcome = Outcome.Done, Version = version, Value = value, Status = 200 };

    public static Operation Absent(double start, double end) =>
        Draft(OperationKind.Get, start, end) with { Outcome = Outcome.Absent, Version = 0, Status = 404 };

    public static Operation Conflict(double start, double end, long expected, long current) =>
        Draft(OperationKind.Put, start, end) with
        {
            Sent = "\"never\"",
            IfVersion = expected,
            Outcome = Outcome.GuardFailed,
            Version = current,
            Status = 409,
        };

    public static Operation List(double start, double end, params ImmutableArray<ListedKey> lines) =>
        Draft(OperationKind.List, start, end) with { Key = "", Outcome = Outcome.Done, Lines = lines, Status = 200 };

    public static Operation Refused(this Operation operation) =>
        operation with { Outcome = Outcome.NotApplied, Version = null, Value = null, Status = 503 };

    public static RunHistory Run(params IEnumerable<Operation> operations)
    {
        var history = new RunHistory { Traffic = new TrafficSpan(0, 1) };
        foreach (var operation in operations)
        {
            history.Add(operation);
        }

        return history;
    }

    private static Operation Draft(OperationKind kind, double start, double end) => new()
    {
        Client = 1,
        Asked = "node-0",
        Kind = kind,
        Key = TheKey,
        Start = Micros(start),
        End = Micros(end),
        Outcome = Outcome.Unknown,
    };

    private static Operation Ended(Operation draft, long? version, string? value) => version is null
        ? draft
        : draft with { Outcome = Outcome.Done, Version = version, Value = value, Status = value is null ? 204 : 200 };

    private static long Micros(double seconds) => (long)(seconds * 1e6);
}
