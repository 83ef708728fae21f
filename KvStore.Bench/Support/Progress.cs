using System.Diagnostics;
using System.Globalization;

namespace KvStore.Bench.Support;

/// <summary>What happens right now, on stderr: stdout is the report's.</summary>
internal static class Progress
{
    private static readonly long Begun = Stopwatch.GetTimestamp();

    public static void Say(string text) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{Stopwatch.GetElapsedTime(Begun).TotalSeconds,7:0.0} s] {text}"));
}
