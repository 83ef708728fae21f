using System.Globalization;
using System.Text.RegularExpressions;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Diagnostics;

/// <summary>What a node shows on <c>/metrics</c>, in Prometheus' text format.</summary>
internal sealed partial class Exposition
{
    private readonly List<(string Name, string Labels, double Value)> _samples;

    private Exposition(string text) => _samples =
    [
        .. text.Split('\n').Select(line => Sample().Match(line)).Where(match => match.Success).Select(match =>
            (match.Groups["name"].Value, match.Groups["labels"].Value, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture))),
    ];

    /// <summary>Of the samples, with the suffixes of histograms.</summary>
    public IEnumerable<string> Names => _samples.Select(sample => sample.Name).Distinct();

    public static async Task<Exposition> OfAsync(NodeProcess node) => new(await node.Http.GetStringAsync("/metrics"));

    /// <summary>The sum over all samples of this name that have all of these labels, each as <c>name="value"</c>.</summary>
    public double Sum(string name, params string[] labels) => _samples
        .Where(sample => sample.Name == name && labels.All(label => sample.Labels.Contains(label, StringComparison.Ordinal)))
        .Sum(sample => sample.Value);

    /// <summary>The values that a label has in the samples of this name.</summary>
    public IEnumerable<string> ValuesOf(string name, string label) => _samples
        .Where(sample => sample.Name == name)
        .SelectMany(sample => Label().Matches(sample.Labels))
        .Where(match => match.Groups["label"].Value == label)
        .Select(match => match.Groups["value"].Value);

    [GeneratedRegex("(?<label>[a-zA-Z_][a-zA-Z0-9_]*)=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>[-+0-9.eEInfNa]+)( \d+)?$")]
    private static partial Regex Sample();
}
