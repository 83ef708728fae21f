using System.Globalization;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>A run in which little happened shows nothing.</summary>
internal static class TrafficCheck
{
    /// <summary>Operations a second that came to an end, whatever that was.</summary>
    public const int Floor = 200;

    private const string Name = "traffic";

    public static IEnumerable<Finding> Of(RunHistory history)
    {
        if (history.Traffic is not { } traffic || traffic.End <= traffic.Start)
        {
            yield return new Finding(FindingKind.Invalid, Name, "the traffic did not come to its end");
            yield break;
        }

        var rate = RateOf(history, traffic);
        if (rate < Floor)
        {
            yield return new Finding(
                FindingKind.Invalid, Name, $"{rate.ToString("0", CultureInfo.InvariantCulture)} operations a second are fewer than {Floor}");
        }
    }

    public static double RateOf(RunHistory history, TrafficSpan traffic) =>
        history.Operations.Count(operation => operation.Start >= traffic.Start && operation.End <= traffic.End) * 1e6 / (traffic.End - traffic.Start);
}
