using System.Globalization;
using KvStore.Bench.Runs;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace KvStore.Bench.Report;

/// <summary>Two pictures of a scenario: what contestants are compared by, and how long their requests took.</summary>
internal static class Plots
{
    private const int Width = 900;
    private const int RowHeight = 40;
    private const int FrameHeight = 140;
    private const int LatencyHeight = 420;
    private const double BarSize = 0.6;

    private static readonly double[] Ticks =
        [.. from power in Enumerable.Range(-2, 7) from digit in new[] { 1, 2, 5 } select digit * Math.Pow(10, power)];

    private static readonly (string Figure, string Label)[] Percentiles =
    [
        (Figures.P50, "50 %"), (Figures.P90, "90 %"), (Figures.P99, "99 %"), (Figures.P999, "99.9 %"), (Figures.Max, "all"),
    ];

    public static void Write(string directory, ScenarioResult scenario)
    {
        ContestantResult[] valid = [.. scenario.Contestants.Where(contestant => contestant.Fault is null)];
        if (valid.Length == 0)
        {
            return;
        }

        Bars(scenario, valid).SaveSvg(Path.Combine(directory, $"{scenario.Name}.svg"), Width, FrameHeight + (RowHeight * valid.Length));
        if (valid.Any(contestant => contestant.SpreadOf(Figures.P99) is not null))
        {
            Latency(scenario, valid).SaveSvg(Path.Combine(directory, $"{scenario.Name}-latency.svg"), Width, LatencyHeight);
        }
    }

    /// <summary>The median as a bar, from minimum to maximum as a line.</summary>
    private static Plot Bars(ScenarioResult scenario, ContestantResult[] contestants)
    {
        var plot = New(scenario.What);
        var figure = contestants[0].MainFigure;
        for (var row = 0; row < contestants.Length; row++)
        {
            if (contestants[row].SpreadOf(figure) is not { } spread)
            {
                continue;
            }

            var position = contestants.Length - 1 - row;
            var bar = plot.Add.Bar(position, spread.Median);
            bar.Horizontal = true;
            bar.Bars[0].Size = BarSize;
            bar.Color = ColorOf(row);
            var range = plot.Add.Line(spread.Min, position, spread.Max, position);
            range.Color = Colors.Black;
            range.LineWidth = 2;
        }

        plot.Axes.Left.TickGenerator = new NumericManual(
            [.. Enumerable.Range(0, contestants.Length).Select(row => (double)row)],
            [.. contestants.Reverse().Select(contestant => contestant.Name)]);
        plot.Axes.Margins(left: 0);
        plot.XLabel(figure);
        return plot;
    }

    private static Plot Latency(ScenarioResult scenario, ContestantResult[] contestants)
    {
        var plot = New(scenario.What);
        for (var row = 0; row < contestants.Length; row++)
        {
            double[] values = [.. Percentiles.Select(percentile => contestants[row].SpreadOf(percentile.Figure)?.Median ?? double.NaN)];
            var line = plot.Add.Scatter(Enumerable.Range(0, values.Length).Select(x => (double)x).ToArray(), values.Select(Math.Log10).ToArray());
            line.Color = ColorOf(row);
            line.LegendText = contestants[row].Name;
        }

        plot.Axes.Bottom.TickGenerator = new NumericManual(
            [.. Enumerable.Range(0, Percentiles.Length).Select(x => (double)x)], [.. Percentiles.Select(percentile => percentile.Label)]);
        plot.Axes.Left.TickGenerator = new NumericManual([.. Ticks.Select(Math.Log10)], [.. Ticks.Select(tick => tick.ToString("#,0.##", CultureInfo.InvariantCulture))]);
        plot.YLabel("ms");
        plot.XLabel("of the requests were answered within");
        plot.ShowLegend(Alignment.UpperLeft);
        return plot;
    }

    private static Plot New(string title)
    {
        var plot = new Plot();
        plot.Title(title, 14);
        return plot;
    }

    private static Color ColorOf(int row) => new ScottPlot.Palettes.Category10().GetColor(row);
}
