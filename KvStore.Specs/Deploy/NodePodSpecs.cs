using System.Globalization;
using KvStore.Node.Config;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace KvStore.Specs.Deploy;

/// <summary>What the manifests say of a node's pod agrees with the program. Read from the base, so no tool is needed.</summary>
public sealed class NodePodSpecs
{
    private static readonly HttpClient Client = new();

    private static readonly StatefulSet Set = (StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single();
    private static readonly Container Node = Set.Pod.Containers.Single();
    private static readonly Dictionary<string, string> Settings = Manifests.ReadKustomization("base").ConfigMapGenerator.Single()
        .Literals.Select(literal => literal.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    [Fact]
    public async Task Probes_ask_what_the_edge_answers()
    {
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(1), new MemoryKeys(1), Edges.View(1, Edges.Self));
        foreach (var probe in new[] { Node.StartupProbe, Node.LivenessProbe, Node.ReadinessProbe })
        {
            using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, probe.HttpGet!.Path));

            Assert.True(answer.IsSuccessStatusCode, $"{probe.HttpGet.Path}: {answer.StatusCode}");
            Assert.Equal("http", probe.HttpGet.Port);
        }
    }

    /// <summary>A node that has lost the store or the cluster is not ready, and restarting it would mend neither.</summary>
    [Fact]
    public void Liveness_and_readiness_are_two_questions()
    {
        Assert.Equal("/healthz/live", Node.StartupProbe.HttpGet!.Path);
        Assert.Equal("/healthz/live", Node.LivenessProbe.HttpGet!.Path);
        Assert.Equal("/healthz/ready", Node.ReadinessProbe.HttpGet!.Path);
        // It takes requests off a node sooner than it ends one.
        Assert.True(Node.ReadinessProbe.PeriodSeconds * Node.ReadinessProbe.FailureThreshold
            < Node.LivenessProbe.PeriodSeconds * Node.LivenessProbe.FailureThreshold);
    }

    [Fact]
    public void Ports_are_those_that_the_node_is_told_to_open()
    {
        var ports = Node.Ports.ToDictionary(port => port.Name, port => port.Number);

        Assert.Equal(["akka-remote", "http", "node-link"], ports.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(new Uri(Settings["ASPNETCORE_URLS"].Replace("+", "any", StringComparison.Ordinal)).Port, ports["http"]);
        Assert.Equal(Number(Settings["KvStore__Cluster__Port"]), ports["akka-remote"]);
        Assert.Equal(new MembershipOptions().Port, ports["akka-remote"]);
        Assert.Equal(Number(Settings["KvStore__Cluster__LinkPort"]), ports["node-link"]);
    }

    [Fact]
    public void Seed_nodes_are_pods_of_the_set_by_their_names_in_the_headless_service()
    {
        var seeds = Settings.Where(pair => pair.Key.StartsWith("KvStore__Cluster__SeedNodes__", StringComparison.Ordinal))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value).ToList();
        var hostname = Node.Env.Single(variable => variable.Name == "KvStore__Cluster__Hostname").Value!;

        Assert.InRange(seeds.Count, 2, Set.Spec.Replicas);
        Assert.Equal(
            Enumerable.Range(0, seeds.Count).Select(ordinal =>
                $"{hostname.Replace("$(POD_NAME)", $"{Set.Metadata.Name}-{ordinal}", StringComparison.Ordinal)}:{Settings["KvStore__Cluster__Port"]}"),
            seeds);
        Assert.Equal($"$(POD_NAME).{Set.Spec.ServiceName}", hostname);
    }

    [Fact]
    public void The_settings_of_the_base_are_accepted_by_the_program()
    {
        var faults = new List<string>();
        var given = Node.Env.Where(variable => variable.Value is not null).Select(variable => KeyValuePair.Create(variable.Name, variable.Value!));
        var variables = Settings.Concat(given).Select(pair => KeyValuePair.Create(
            pair.Key.Replace("__", ":", StringComparison.Ordinal),
            (string?)pair.Value.Replace("$(POD_NAME)", "kvstore-0", StringComparison.Ordinal)));

        var options = SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(variables).Build(), faults);

        Assert.Empty(faults);
        Assert.Empty(SettingsRules.FaultsOf(options));
        Assert.Equal("kvstore-0", options.NodeName);
        Assert.Equal("kvstore-0.kvstore-nodes", options.Cluster.Hostname);
        Assert.Equal($"{options.Cluster.Hostname}:{options.Cluster.Port}", options.Cluster.SeedNodes[0]);
        Assert.Equal(StorageProvider.Postgres, options.Storage.Provider);
    }

    [Fact]
    public void The_grace_period_covers_the_pause_before_the_signal_and_the_nodes_own_shutdown()
    {
        var pause = Node.Lifecycle!.PreStop.Sleep.Seconds;
        var shutdown = (int)new HostOptions().ShutdownTimeout.TotalSeconds;

        Assert.InRange(Set.Pod.TerminationGracePeriodSeconds, pause + shutdown + 5, 2 * (pause + shutdown));
    }

    [Fact]
    public void Nodes_start_together_are_found_before_they_are_ready_and_are_started_again_however_they_ended()
    {
        var names = (Service)Manifests.ReadFile("base/service-nodes.yaml").Single();

        Assert.Equal("Parallel", Set.Spec.PodManagementPolicy);
        Assert.Equal("RollingUpdate", Set.Spec.UpdateStrategy!.Type);
        Assert.Equal("Always", Set.Pod.RestartPolicy);
        Assert.True(names.Spec.PublishNotReadyAddresses);
        Assert.Equal(names.Metadata.Name, Set.Spec.ServiceName);
        Assert.Equal(5, Set.Spec.Replicas);
    }

    [Fact]
    public void All_data_is_in_the_database_and_a_node_is_never_throttled()
    {
        Assert.Empty(Set.Spec.VolumeClaimTemplates);
        Assert.Equal(["/tmp"], Node.VolumeMounts.Select(mount => mount.MountPath));
        Assert.True(Node.Resources.Requests.ContainsKey("cpu"));
        Assert.Equal(["memory"], Node.Resources.Limits.Keys);
    }

    [Fact]
    public void Nodes_without_discovery_have_no_way_to_the_API_server()
    {
        Assert.False(Set.Pod.AutomountServiceAccountToken);
        Assert.False(((ServiceAccount)Manifests.ReadFile("base/serviceaccount.yaml").Single()).AutomountServiceAccountToken);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
