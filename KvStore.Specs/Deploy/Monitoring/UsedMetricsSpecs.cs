namespace KvStore.Specs.Deploy.Monitoring;

public sealed class UsedMetricsSpecs
{
    [Theory]
    [InlineData("sum by (pod) (rate(a_total{job=\"x\", kind=~\"b|c\"}[$__rate_interval]))", "a_total")]
    [InlineData("histogram_quantile(0.99, sum by (le, route) (rate(d_seconds_bucket[5m]))) > 0.5", "d_seconds_bucket")]
    [InlineData("max by (namespace) (e:f) != on (namespace) group_left () count(up == 1)", "e:f", "up")]
    [InlineData("g > 0.8 * 20000 or h / i unless absent(j{k=\"}\"})", "g", "h", "i", "j")]
    [InlineData("1e3 + 2 * l offset 5m", "l")]
    public void Names_are_found_in_expressions(string expression, params string[] names) => Assert.Equal(names, UsedMetrics.NamesIn(expression));

    [Fact]
    public void Conditions_are_found_in_expressions() => Assert.Equal(
        [("a", "job", "x"), ("a", "kind", "b|c"), ("d", "e", "")],
        UsedMetrics.ConditionsIn("rate(a{job=\"x\", kind=~\"b|c\"}[5m]) / d{e!=\"\"}"));

    [Fact]
    public void Dashboard_and_alerts_use_every_metric_of_ours_and_none_that_is_unknown()
    {
        Assert.Subset(KnownMetrics.Labels.Keys.ToHashSet(), UsedMetrics.Names.ToHashSet());
        Assert.Equal(KnownMetrics.Labels.Keys.Order(StringComparer.Ordinal), UsedMetrics.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Metrics_that_rules_record_are_used_and_those_that_are_used_are_recorded()
    {
        var recorded = UsedMetrics.Rules.Select(rule => rule.Record).OfType<string>().Order(StringComparer.Ordinal);
        var used = UsedMetrics.Expressions.SelectMany(used => UsedMetrics.NamesIn(used.Expression))
            .Where(name => name.Contains(':', StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(recorded, used);
    }

    [Fact]
    public void A_histogram_is_asked_for_its_series_and_nothing_else_is()
    {
        foreach (var name in UsedMetrics.Expressions.SelectMany(used => UsedMetrics.NamesIn(used.Expression)).Distinct())
        {
            Assert.False(KnownMetrics.IsHistogram(name), $"{name} is a histogram and has no series of its own.");
        }
    }

    [Fact]
    public void Conditions_name_labels_that_a_metric_has_and_values_that_they_may_have()
    {
        foreach (var (where, expression) in UsedMetrics.Expressions)
        {
            foreach (var (name, label, value) in UsedMetrics.ConditionsIn(expression))
            {
                if (KnownMetrics.TargetLabels.Contains(label))
                {
                    continue;
                }

                var labels = KnownMetrics.Labels[KnownMetrics.MetricOf(name)];
                Assert.True(labels.TryGetValue(label, out var values), $"{where}: {name} has no label {label}.");
                Assert.True(values.IsEmpty || value.Split('|').All(values.Contains), $"{where}: {label} of {name} is never '{value}'.");
            }
        }
    }

    /// <summary>Else the alert of one installation would speak of another one.</summary>
    [Fact]
    public void Every_series_is_narrowed_to_our_nodes()
    {
        foreach (var (where, expression) in UsedMetrics.Expressions)
        {
            var narrowed = UsedMetrics.ConditionsIn(expression)
                .Where(condition => condition.Label is "job" or "statefulset").Select(condition => condition.Name);
            var named = UsedMetrics.NamesIn(expression).Where(name => !name.Contains(':', StringComparison.Ordinal));

            Assert.True(named.ToHashSet().IsSubsetOf(narrowed), $"{where}: {expression}");
        }
    }
}
