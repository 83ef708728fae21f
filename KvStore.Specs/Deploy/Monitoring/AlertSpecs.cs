using System.Globalization;
using System.Text.RegularExpressions;
using KvStore.Node.Config;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy.Monitoring;

public sealed partial class AlertSpecs
{
    private const string Manifest = "monitoring/prometheusrule.yaml";
    private const string Tests = "KvStore.Specs/Deploy/Monitoring/alerts.test.yaml";

    private static readonly PrometheusRule.Rule[] Alerts = [.. UsedMetrics.Rules.Where(rule => rule.Alert is not null)];

    [Fact]
    public void Every_alert_says_how_bad_it_is_what_it_means_and_where_to_read_on()
    {
        Assert.NotEmpty(Alerts);
        Assert.Distinct(Alerts.Select(alert => alert.Alert));
        Assert.All(Alerts, alert =>
        {
            Assert.StartsWith("KvStore", alert.Alert, StringComparison.Ordinal);
            Assert.Contains(alert.Labels["severity"], new[] { "critical", "warning" });
            Assert.NotEmpty(alert.Annotations["summary"]);
            Assert.NotEmpty(alert.Annotations["description"]);
            var (file, anchor) = alert.Annotations["runbook"].Split('#') is [var before, var behind] ? (before, behind) : ("", "");
            Assert.Equal(Runbook.Path, file);
            Assert.Contains(anchor, Runbook.Anchors);
        });
    }

    [Fact]
    public void Bounds_of_alerts_are_shares_of_the_settings_defaults()
    {
        var storage = new StorageOptions();
        Assert.Equal(
            [storage.MaxQueuedRows, storage.MaxQueuedBytes], BoundsOf("KvStoreWriteQueueFull"));
        Assert.Equal([new LimitOptions().MaxLiveKeys], BoundsOf("KvStoreLiveKeysFull"));
    }

    [Fact]
    public void The_metrics_are_scraped_from_the_service_of_the_nodes_and_named_by_it()
    {
        var monitor = (ServiceMonitor)Manifests.ReadFile("monitoring/servicemonitor.yaml").Single();
        var endpoint = Assert.Single(monitor.Spec.Endpoints);
        var services = new[] { "base/service.yaml", "base/service-nodes.yaml", "postgres/service.yaml" }
            .SelectMany(Manifests.ReadFile).Cast<Service>().Where(service => monitor.Spec.Selector.Selects(service.Metadata.Labels));
        var service = Assert.Single(services);
        var jobs = UsedMetrics.Expressions.SelectMany(used => UsedMetrics.ConditionsIn(used.Expression))
            .Where(condition => condition.Label == "job").Select(condition => condition.Value).Distinct();

        Assert.Equal("/metrics", endpoint.Path);
        Assert.Contains(service.Spec.Ports, port => port.Name == endpoint.Port);
        // The operator names the job after the service.
        Assert.Equal([service.Metadata.Name], jobs);
    }

    [Fact]
    public void Every_alert_has_a_test_that_makes_it_fire()
    {
        var tests = File.ReadAllText(RepositoryRoot.File(Tests));

        Assert.All(Alerts, alert => Assert.Matches($"alertname(: |=\"){alert.Alert}\\b", tests));
    }

    [SkippableFact]
    public async Task Prometheus_takes_the_rules_and_fires_the_alerts_when_it_should()
    {
        var promtool = CommandLineTool.Require("promtool");
        using var directory = new TempDirectory();
        // What the operator makes of the manifest: what stands below its spec.
        var rules = File.ReadAllLines(Path.Combine(Manifests.Root, Manifest))
            .SkipWhile(line => line != "spec:").Skip(1).Select(line => line.Length > 2 ? line[2..] : line);
        await File.WriteAllLinesAsync(directory.File("alerts.yaml"), rules);
        File.Copy(RepositoryRoot.File(Tests), directory.File("alerts.test.yaml"));

        await CommandLineTool.RunAsync(TimeSpan.FromMinutes(2), promtool, "check", "rules", directory.File("alerts.yaml"));
        await CommandLineTool.RunAsync(TimeSpan.FromMinutes(2), promtool, "test", "rules", directory.File("alerts.test.yaml"));
    }

    private static IEnumerable<long> BoundsOf(string alert) => Bound().Matches(Alerts.Single(rule => rule.Alert == alert).Expr)
        .Select(match => long.Parse(match.Groups["bound"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"> 0\.[0-9]+ \* (?<bound>[0-9]+)")]
    private static partial Regex Bound();
}
