using System.Globalization;
using System.Text.RegularExpressions;
using KvStore.Node.Config;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Support;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace KvStore.Specs.Deploy.Compose;

/// <summary>The compose file and its proxy agree with each other and with the program.</summary>
public sealed partial class ComposeSpecs
{
    private const string ProxyConfig = "deploy/compose/haproxy.cfg";

    private static readonly ComposeFile Compose = ComposeFile.Read();
    private static readonly Dictionary<string, ComposeService> Nodes =
        Compose.Services.Where(service => service.Key.StartsWith("node", StringComparison.Ordinal)).ToDictionary();
    private static readonly string Proxy = File.ReadAllText(RepositoryRoot.File(ProxyConfig));

    [Fact]
    public void The_settings_of_each_node_are_accepted_by_the_program()
    {
        Assert.Equal(3, Nodes.Count);
        Assert.All(Nodes, node =>
        {
            var faults = new List<string>();
            var options = SettingsReader.Read(
                new ConfigurationBuilder().AddInMemoryCollection(node.Value.Environment.Select(pair =>
                    KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value))).Build(),
                faults);

            Assert.Empty(faults);
            Assert.Empty(SettingsRules.FaultsOf(options));
            Assert.Equal(node.Key, options.NodeName);
            Assert.Equal(node.Key, options.Cluster.Hostname);
            Assert.Equal(StorageProvider.Postgres, options.Storage.Provider);
            Assert.Equal(Nodes.Keys.Select(name => $"{name}:{options.Cluster.Port}"), options.Cluster.SeedNodes);
            Assert.Equal("false", node.Value.Build!.Args["KUBERNETES"]);
        });
    }

    [Fact]
    public void Nodes_open_to_each_other_the_ports_of_the_image()
    {
        var exposed = Dockerfile.LastStage.Single(line => line.Name == "EXPOSE").Arguments.Split(' ').Skip(1);

        Assert.All(Nodes.Values, node => Assert.Equal(
            exposed, [node.Environment["KvStore__Cluster__Port"], node.Environment["KvStore__Cluster__LinkPort"]]));
    }

    [Fact]
    public void Nodes_log_in_to_the_database_that_is_made()
    {
        var database = Compose.Services["postgres"].Environment;
        Assert.All(Nodes.Values, node =>
        {
            var login = new NpgsqlConnectionStringBuilder(node.Environment["KvStore__Storage__ConnectionString"]);

            Assert.Equal("postgres", login.Host);
            Assert.Equal(
                (database["POSTGRES_DB"], database["POSTGRES_USER"], database["POSTGRES_PASSWORD"]),
                (login.Database, login.Username, login.Password));
            // The image has no Kerberos library.
            Assert.Equal(GssEncryptionMode.Disable, login.GssEncryptionMode);
        });
    }

    [Fact]
    public void Nodes_run_as_in_Kubernetes_with_nothing_to_write_to_and_time_to_end()
    {
        var grace = ((StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single()).Pod.TerminationGracePeriodSeconds;
        Assert.All(Nodes.Values, node =>
        {
            Assert.True(node.ReadOnly);
            Assert.Equal(["/tmp"], node.Tmpfs);
            Assert.Equal(["ALL"], node.CapDrop);
            Assert.Equal("always", node.Restart);
            Assert.Equal($"{grace}s", node.StopGracePeriod);
        });
    }

    [Fact]
    public void The_proxy_asks_every_node_on_the_port_of_the_image_whether_it_is_ready()
    {
        var port = Dockerfile.LastStage.Single(line => line.Name == "EXPOSE").Arguments.Split(' ')[0];

        Assert.Equal(Nodes.Keys.Select(name => $"{name} {name}:{port}"), Server().Matches(Proxy).Select(match => match.Groups["server"].Value));
        Assert.Contains("option httpchk GET /healthz/ready\n", Proxy, StringComparison.Ordinal);
    }

    /// <summary>Whether a write may be sent twice, only its client knows. A connection that was refused took none.</summary>
    [Fact]
    public void The_proxy_tries_again_only_what_was_not_sent()
    {
        var retry = Assert.Single(Proxy.Split('\n'), line => line.TrimStart().StartsWith("retry-on", StringComparison.Ordinal));

        Assert.Equal("retry-on conn-failure", retry.Trim());
    }

    [Fact]
    public void The_proxy_waits_longer_than_a_request_may_take()
    {
        var limit = new LimitOptions().RequestTimeout.TotalSeconds;
        var waits = Timeout().Matches(Proxy).Select(match => double.Parse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture)).ToList();

        Assert.Equal(2, waits.Count);
        Assert.All(waits, wait => Assert.True(wait > limit));
    }

    [Fact]
    public void Only_the_proxy_is_open_and_only_to_this_machine()
    {
        var open = Assert.Single(Compose.Services, service => service.Value.Ports.Count > 0);
        var inside = Bind().Match(Proxy).Groups["port"].Value;

        Assert.Equal("proxy", open.Key);
        Assert.Equal([$"127.0.0.1:7000:{inside}"], open.Value.Ports);
    }

    [Fact]
    public void Images_are_pinned_and_the_database_is_that_of_the_manifests()
    {
        Assert.All(Compose.Services.Values, service => Assert.Matches(@"^[^:]+:[0-9]+(\.[0-9]+)+\z", service.Image));
        var image = Manifests.ReadKustomization("postgres").Images.Single();
        Assert.Equal($"{image.Name}:{image.NewTag}", Compose.Services["postgres"].Image);
    }

    [SkippableFact]
    public async Task Docker_compose_takes_the_file()
    {
        var compose = CommandLineTool.Require("docker-compose");

        var taken = await CommandLineTool.RunAsync(TimeSpan.FromMinutes(2), compose, "-f", ComposeFile.Path, "config");

        Assert.All(Compose.Services.Keys, name => Assert.Contains($"\n  {name}:\n", taken, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Haproxy_takes_its_configuration()
    {
        var haproxy = CommandLineTool.Require("haproxy");

        await CommandLineTool.RunAsync(TimeSpan.FromMinutes(2), haproxy, "-c", "-f", ProxyConfig);
    }

    [GeneratedRegex("^ +server (?<server>.*)$", RegexOptions.Multiline)]
    private static partial Regex Server();

    [GeneratedRegex("^ +timeout (client|server) (?<seconds>[0-9]+)s$", RegexOptions.Multiline)]
    private static partial Regex Timeout();

    [GeneratedRegex("^ +bind :(?<port>[0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex Bind();
}
