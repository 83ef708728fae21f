using System.Collections.Concurrent;
using System.Globalization;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>
/// Draws what is asked next: seeded, but for the guards, which come from what the clients have learnt by then. One caller at a
/// time; what was learnt may come in from any thread.
/// </summary>
internal sealed class RequestMix(TrafficPlan plan)
{
    private readonly Random _random = new(plan.Seed);
    private readonly KeySpace _keys = new(plan);
    private readonly ConcurrentDictionary<string, long> _known = new();
    private readonly Dictionary<string, int> _uses = [];
    private int _writes;

    /// <summary>The version of the key that a client saw last, 0 where it was absent.</summary>
    public void Learn(Operation operation)
    {
        if (operation.Outcome == Outcome.Absent || (operation.Outcome == Outcome.Done && operation.Kind == OperationKind.Delete))
        {
            _known[operation.Key] = 0;
        }
        else if (operation is { Outcome: Outcome.Done or Outcome.GuardFailed, Version: { } version })
        {
            _known[operation.Key] = version;
        }
    }

    /// <summary>An operation that has not begun: its times and its outcome mean nothing yet.</summary>
    public Operation Draw(int client, string asked)
    {
        if (_random.NextDouble() < plan.ListingShare)
        {
            return Draft(client, asked, OperationKind.List, KeySpace.Prefix(_random));
        }

        if (_random.NextDouble() < plan.HotShare)
        {
            return DrawFor(client, asked, _keys.Hot(_random));
        }

        var (key, role) = _keys.Cold(_random);
        var use = _uses.GetValueOrDefault(key);
        _uses[key] = use + 1;
        return (role, use) switch
        {
            (KeyRole.WrittenOnce or KeyRole.WrittenAndDeleted, 0) =>
                Draft(client, asked, OperationKind.Put, key) with { Sent = NewValue(), IfNoneMatch = Sometimes(Operation.AnyVersion) },
            (KeyRole.WrittenAndDeleted, 1) => Draft(client, asked, OperationKind.Delete, key),
            (KeyRole.WrittenOnce or KeyRole.WrittenAndDeleted, _) => Draft(client, asked, OperationKind.Get, key),
            _ => DrawFor(client, asked, key),
        };
    }

    private static Operation Draft(int client, string asked, OperationKind kind, string key) => new()
    {
        Client = client,
        Asked = asked,
        Kind = kind,
        Key = key,
        Start = 0,
        End = 0,
        Outcome = Outcome.NotApplied,
    };

    private Operation DrawFor(int client, string asked, string key)
    {
        var drawn = _random.Next(100);
        if (drawn < 38)
        {
            var known = _known.GetValueOrDefault(key);
            return Draft(client, asked, OperationKind.Get, key) with
            {
                IfNoneMatch = known > 0 && _random.Next(8) == 0 ? known : null,
            };
        }

        return Guarded(drawn switch
        {
            < 68 => Draft(client, asked, OperationKind.Put, key) with { Sent = NewValue() },
            < 88 => Draft(client, asked, OperationKind.Patch, key) with { Sent = $$"""{"p":"{{NewId()}}"}""" },
            _ => Draft(client, asked, OperationKind.Delete, key),
        });
    }

    /// <summary>Half of the writes have a guard: most what a client knows, some what certainly is no more, some "absent".</summary>
    private Operation Guarded(Operation write)
    {
        var known = _known.GetValueOrDefault(write.Key);
        return _random.Next(20) switch
        {
            < 10 => write,
            < 14 => write with { IfVersion = known },
            < 16 => known > 0 ? write with { IfMatch = known } : write with { IfNoneMatch = Operation.AnyVersion },
            16 => write with { IfVersion = Math.Max(0, known - 1 - _random.Next(3)) },
            17 => write with { IfMatch = Operation.AnyVersion },
            18 => write with { IfNoneMatch = Operation.AnyVersion },
            _ => write with { IfVersion = 0 },
        };
    }

    /// <summary>Most values are objects, which a merge goes into; some are none, which a merge replaces.</summary>
    private string NewValue() => _random.Next(20) == 0 ? $"\"{NewId()}\"" : $$"""{"w":"{{NewId()}}"}""";

    private string NewId() => (++_writes).ToString(CultureInfo.InvariantCulture);

    private long? Sometimes(long value) => _random.Next(2) == 0 ? value : null;
}
