namespace KvStore.Bench.Runs;

/// <summary>Several rounds' values of one figure.</summary>
internal readonly record struct Spread(double Min, double Median, double Max)
{
    /// <summary>Null where there is no value.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0
            ? null
            : new(sorted[0], (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }
}
