using System.Text.RegularExpressions;
using KvStore.Messages.Routing;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Deploy.Monitoring;
using KvStore.Specs.Support;
using Npgsql;

namespace KvStore.Specs.Deploy;

/// <summary>The runbook speaks of what there is: nobody checks it otherwise until something is on fire.</summary>
public sealed partial class RunbookSpecs
{
    [Fact]
    public void Files_that_it_names_exist()
    {
        var named = FilePath().Matches(Runbook.Text).Select(match => match.Value.TrimEnd('.')).Distinct().ToList();

        Assert.True(named.Count > 8);
        Assert.All(named, path => Assert.True(File.Exists(RepositoryRoot.File(path)) || Directory.Exists(RepositoryRoot.File(path)), path));
    }

    [Fact]
    public void Links_within_it_lead_somewhere()
    {
        var links = InnerLink().Matches(Runbook.Text).Select(match => match.Groups["anchor"].Value).ToList();

        Assert.NotEmpty(links);
        Assert.Subset(Runbook.Anchors.ToHashSet(), links.ToHashSet());
    }

    [Fact]
    public void Every_overlay_is_explained() =>
        Assert.All(Overlay.Names, name => Assert.Contains($"\n| `{name}` |", Runbook.Text, StringComparison.Ordinal));

    [Fact]
    public void The_metrics_of_a_node_are_listed_with_their_labels()
    {
        var listed = MetricRow().Matches(Runbook.Text).ToDictionary(
            match => match.Groups["name"].Value,
            match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        var known = KnownMetrics.Labels.Where(metric => metric.Key.StartsWith("kvstore_", StringComparison.Ordinal))
            .ToDictionary(metric => metric.Key, metric => metric.Value.Keys);

        Assert.Equal(known.Keys.Order(StringComparer.Ordinal), listed.Keys.Order(StringComparer.Ordinal));
        Assert.All(listed, metric => Assert.Equal(known[metric.Key].Order(StringComparer.Ordinal), metric.Value.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Commands_are_about_pods_and_sets_that_there_are()
    {
        var sets = new[] { "base/statefulset.yaml", "postgres/statefulset.yaml" }.SelectMany(Manifests.ReadFile).Cast<StatefulSet>().ToList();
        var pods = sets.SelectMany(set => Enumerable.Range(0, set.Spec.Replicas).Select(ordinal => $"{set.Metadata.Name}-{ordinal}")).ToHashSet();
        var commands = string.Join('\n', Runbook.Commands);

        Assert.Subset(pods, PodName().Matches(commands).Select(match => match.Groups["name"].Value).ToHashSet());
        Assert.Subset(
            sets.Select(set => set.Metadata.Name).ToHashSet(), SetName().Matches(commands).Select(match => match.Groups["name"].Value).ToHashSet());
        Assert.All(
            Runbook.Commands.Where(command => command.StartsWith("kubectl -n", StringComparison.Ordinal)),
            command => Assert.StartsWith("kubectl -n kvstore ", command, StringComparison.Ordinal));
    }

    [Fact]
    public void The_login_that_it_makes_fits_the_server_that_is_installed()
    {
        var server = (StatefulSet)Manifests.ReadFile("postgres/statefulset.yaml").Single();
        var variables = server.Pod.Containers.Single().Env.ToDictionary(variable => variable.Name, variable => variable.Value);
        var login = new NpgsqlConnectionStringBuilder(Login().Match(string.Join('\n', Runbook.Commands)).Groups["login"].Value);

        Assert.Equal(Manifests.ReadFile("postgres/service.yaml").Single().Metadata.Name, login.Host);
        Assert.Equal((variables["POSTGRES_DB"], variables["POSTGRES_USER"]), (login.Database, login.Username));
        Assert.Equal(GssEncryptionMode.Disable, login.GssEncryptionMode);
    }

    [Fact]
    public void Ports_and_names_in_it_are_those_of_the_program()
    {
        var node = ((StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single()).Pod.Containers.Single();
        var http = node.Ports.Single(port => port.Name == "http").Number;

        Assert.All(ProxyPath().Matches(Runbook.Text).ToList(), match => Assert.Equal($"{http}", match.Groups["port"].Value));
        Assert.Contains($"region-stats -r {KeyRegion.TypeName}\n", Runbook.Text, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| `(?<name>kvstore_\w+)` \|(?<labels>[^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"\bdeploy/[A-Za-z0-9_./-]+")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"\]\(#(?<anchor>[^)]+)\)")]
    private static partial Regex InnerLink();

    [GeneratedRegex(@"\b((exec|exec -i|logs|delete pod) |pod/|/pods/)(?<name>[a-z][a-z0-9-]*)(?![a-z0-9$-])")]
    private static partial Regex PodName();

    [GeneratedRegex(@"\bstatefulset/(?<name>[a-z-]+)")]
    private static partial Regex SetName();

    [GeneratedRegex("connectionString=\"(?<login>[^\"]+)\"")]
    private static partial Regex Login();

    [GeneratedRegex("/pods/[^:]+:(?<port>[0-9]+)/proxy")]
    private static partial Regex ProxyPath();
}
