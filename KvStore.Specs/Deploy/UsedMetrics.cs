using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Deploy.Monitoring;

namespace KvStore.Specs.Deploy;

/// <summary>What dashboard and alerts ask Prometheus for.</summary>
internal static partial class UsedMetrics
{
    private static readonly string[] Keywords = ["and", "or", "unless", "bool", "offset", "group_left", "group_right", "on", "ignoring", "by", "without"];

    /// <summary>The alerts and recorded metrics.</summary>
    public static IReadOnlyList<PrometheusRule.Rule> Rules { get; } = [.. Manifests.ReadFile("monitoring/prometheusrule.yaml")
        .Cast<PrometheusRule>().SelectMany(rules => rules.Spec.Groups).SelectMany(group => group.Rules)];

    /// <summary>Every expression, with the alert or panel that it belongs to.</summary>
    public static IReadOnlyList<(string Where, string Expression)> Expressions { get; } =
        [.. Rules.Select(rule => (rule.Alert ?? rule.Record!, rule.Expr)), .. ExpressionsOfDashboard()];

    /// <summary>
    /// The names that a node's <c>/metrics</c> must have for them. Of a histogram it is the name without <c>_bucket</c>,
    /// <c>_sum</c> and <c>_count</c>. What rules record and what others expose is left out.
    /// </summary>
    public static ImmutableSortedSet<string> Names { get; } = [.. Expressions
        .SelectMany(used => NamesIn(used.Expression)).Select(KnownMetrics.MetricOf)
        .Where(name => !name.Contains(':', StringComparison.Ordinal) && !KnownMetrics.OfOthers.Contains(name))];

    /// <summary>The time series that an expression names.</summary>
    public static ImmutableSortedSet<string> NamesIn(string expression) =>
        [.. Name().Matches(Bare(expression)).Select(match => match.Value).Except(Keywords)];

    /// <summary>Each selector of an expression: its time series, and its conditions on labels.</summary>
    public static IEnumerable<(string Name, string Label, string Value)> ConditionsIn(string expression) =>
        from selector in Selector().Matches(expression)
        from condition in Condition().Matches(selector.Groups["conditions"].Value)
        select (selector.Groups["name"].Value, condition.Groups["label"].Value, condition.Groups["value"].Value);

    /// <summary>Without what is no name of a time series: texts, conditions, ranges, lists of labels.</summary>
    private static string Bare(string expression) =>
        LabelList().Replace(Range().Replace(Braces().Replace(Text().Replace(expression, ""), ""), ""), "");

    private static IEnumerable<(string Where, string Expression)> ExpressionsOfDashboard()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Manifests.Root, "monitoring/kvstore.json")));
        return
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               where panel.TryGetProperty("targets", out _)
               from target in panel.GetProperty("targets").EnumerateArray()
               select (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!),
        ];
    }

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex LabelList();

    /// <summary>No function, which is followed by a parenthesis.</summary>
    [GeneratedRegex(@"(?<![\w:.])[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")]
    private static partial Regex Name();

    [GeneratedRegex(@"(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\{(?<conditions>[^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex("(?<label>[a-zA-Z_]+)\\s*(=~|!~|!=|=)\\s*\"(?<value>[^\"]*)\"")]
    private static partial Regex Condition();
}
