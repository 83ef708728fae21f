using System.Globalization;
using System.Text;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>What came of all runs of a campaign.</summary>
/// <param name="Broken">Runs without a verdict, because their stage could not be set up or taken down.</param>
internal sealed record CampaignSummary(IReadOnlyList<RunReport> Reports, IReadOnlyList<string> Broken, TimeSpan Took)
{
    public bool IsPass => Broken.Count == 0 && Reports.Count > 0 && Reports.All(report => report.IsPass);

    /// <summary>A table in Markdown.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        var operations = Reports.Sum(report => report.Totals.All);
        text.AppendLine(CultureInfo.InvariantCulture, $"{Reports.Count} runs in {Took.TotalMinutes:F0} min: {Reports.Count(report => report.IsPass)} passed, {Reports.Count(report => !report.IsPass)} did not, {Broken.Count} broken; {operations:N0} operations, {Reports.Sum(report => report.Totals.Writes):N0} acknowledged writes, {Reports.Sum(report => report.Totals.Unknowns):N0} unknown.");
        text.AppendLine().AppendLine("| stage | runs | operations | acknowledged writes | unknown | passed |").AppendLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var stage in Reports.GroupBy(report => report.Plan.Description).OrderBy(stage => stage.Key, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {stage.Key} | {stage.Count()} | {stage.Sum(report => report.Totals.All):N0} | {stage.Sum(report => report.Totals.Writes):N0} | {stage.Sum(report => report.Totals.Unknowns):N0} | {stage.Count(report => report.IsPass)} |");
        }

        text.AppendLine().AppendLine("| fault | episodes |").AppendLine("| --- | --- |");
        foreach (var fault in Reports.SelectMany(report => report.Faults).GroupBy(fault => fault.Key).OrderBy(fault => fault.Key, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {fault.Key} | {fault.Sum(count => count.Value)} |");
        }

        foreach (var report in Reports.Where(report => !report.IsPass))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Not passed: {report.Line()}\n{report.Evidence}");
        }

        foreach (var broken in Broken)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Broken: {broken}");
        }

        return text.ToString();
    }
}
