using System.Globalization;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>The figures of several rounds, each beside its goal.</summary>
internal sealed class AvailabilityTable
{
    private readonly List<(string Figure, string Unit, double? Goal)> _order = [];
    private readonly Dictionary<string, List<double>> _values = [];

    /// <param name="goal">At most this; null: there is none, the figure is for people.</param>
    public void Add(string figure, string unit, double? goal, double value)
    {
        if (!_values.TryGetValue(figure, out var values))
        {
            _order.Add((figure, unit, goal));
            _values[figure] = values = [];
        }

        values.Add(value);
    }

    public void Write(TextWriter output)
    {
        output.WriteLine("| figure | goal | min | median | max | rounds |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var (figure, unit, goal) in _order)
        {
            var values = _values[figure];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {figure} | {(goal is { } most ? $"≤ {most:0.##}{unit}" : "")} | {values.Min():0.##}{unit} | {Median(values):0.##}{unit} | {values.Max():0.##}{unit} | {values.Count} |"));
        }
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
