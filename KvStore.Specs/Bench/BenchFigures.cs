using System.Text.Json;

namespace KvStore.Specs.Bench;

/// <summary>What a run of the bench left.</summary>
/// <param name="Plots">Names of the files.</param>
internal sealed record BenchFigures(JsonElement Json, string Table, string Progress, IReadOnlyList<string> Plots)
{
    public IEnumerable<string> Scenarios => Json.GetProperty("scenarios").EnumerateArray().Select(scenario => scenario.GetProperty("name").GetString()!);

    public IEnumerable<JsonElement> Contestants(string scenario) => Json.GetProperty("scenarios").EnumerateArray()
        .Single(each => each.GetProperty("name").GetString() == scenario).GetProperty("contestants").EnumerateArray();

    /// <summary>All figures of all rounds.</summary>
    public static IReadOnlyDictionary<string, double> FiguresOf(JsonElement contestant) => contestant.GetProperty("rounds").EnumerateArray()
        .SelectMany(round => round.GetProperty("figures").EnumerateArray())
        .ToLookup(figure => figure.GetProperty("name").GetString()!, figure => figure.GetProperty("value").GetDouble())
        .ToDictionary(values => values.Key, values => values.First());

    public static string? FaultOf(JsonElement contestant) => contestant.GetProperty("fault").GetString();
}
