using System.Globalization;
using KvStore.Bench.Goals;

namespace KvStore.Bench.Report;

/// <summary>Each goal beside what was reached.</summary>
internal static class GoalTable
{
    public static void Write(TextWriter output, IReadOnlyList<GoalResult> goals)
    {
        output.WriteLine();
        output.WriteLine("### Goals");
        output.WriteLine();
        output.WriteLine("| | goal | min | median | max | |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var goal in goals)
        {
            var verdict = goal.Reached switch { true => "reached", false => "**missed**", null => "no figure" };
            var figures = goal.Value is { } value
                ? $"{Numbers.Text(value.Min)} | {Numbers.Text(value.Median)} | {Numbers.Text(value.Max)}"
                : " | | ";
            output.WriteLine($"| {goal.What} | {(goal.IsFloor ? "≥" : "≤")} {goal.Limit.ToString("#,0.##", CultureInfo.InvariantCulture)} | {figures} | {verdict} |");
        }
    }
}
