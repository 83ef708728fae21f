using System.Collections.Immutable;
using System.Globalization;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>How a key is used.</summary>
internal enum KeyRole
{
    /// <summary>Everything, in any order.</summary>
    Any,

    /// <summary>Written once, then only read.</summary>
    WrittenOnce,

    /// <summary>Written once and deleted once, then only read.</summary>
    WrittenAndDeleted,
}

/// <summary>The keys of a run.</summary>
internal sealed class KeySpace
{
    /// <summary>The ends of some cold keys: where the orders of UTF-8 and UTF-16 differ, and what has to be escaped in a path.</summary>
    private static readonly ImmutableArray<string> Endings = ["", "", "", "é", "\uFFFD", "🜁", " %/?#", "+\"\\"];

    private readonly ImmutableArray<string> _hot;
    private readonly ImmutableArray<string> _cold;

    public KeySpace(TrafficPlan plan)
    {
        _hot = [.. Enumerable.Range(0, plan.HotKeys).Select(i => $"hot/{i}")];
        _cold = [.. Enumerable.Range(0, plan.ColdKeys).Select(ColdKey)];
    }

    public string Hot(Random random) => _hot[random.Next(_hot.Length)];

    public (string Key, KeyRole Role) Cold(Random random)
    {
        var index = random.Next(_cold.Length);
        return (_cold[index], (index % 4) switch { 0 => KeyRole.WrittenOnce, 1 => KeyRole.WrittenAndDeleted, _ => KeyRole.Any });
    }

    /// <summary>What a listing may ask for: mostly a few keys, now and then all.</summary>
    public static string Prefix(Random random) => random.Next(10) switch
    {
        0 => "",
        < 5 => "hot/",
        _ => $"cold/{random.Next(10)}{random.Next(10)}",
    };

    private static string ColdKey(int index) =>
        // The first digits are spread, so that each prefix has about the hundredth part.
        $"cold/{(index * 37) % 100:00}{index.ToString(CultureInfo.InvariantCulture)}{Endings[index % Endings.Length]}";
}
