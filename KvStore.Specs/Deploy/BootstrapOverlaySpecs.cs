using System.Globalization;
using KvStore.Specs.Deploy.Kubernetes;

namespace KvStore.Specs.Deploy;

/// <summary>The overlay in which nodes find each other by Kubernetes: a slip here, and they never form a cluster, or form two.</summary>
public sealed class BootstrapOverlaySpecs
{
    private const string Name = "bootstrap";

    [SkippableFact]
    public async Task There_are_no_seed_nodes_for_with_any_the_bootstrap_does_not_run()
    {
        var variables = (await Overlay.BuildAsync(Name)).NodeVariables();

        Assert.Equal("Kubernetes", variables["KvStore__Cluster__Bootstrap"]);
        Assert.DoesNotContain(variables.Keys, name => name.Contains("SeedNodes", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Nothing_else_is_different_from_the_nodes_with_seed_nodes()
    {
        var with = (await Overlay.BuildAsync("self-contained")).NodeVariables().Where(pair => !pair.Key.Contains("SeedNodes", StringComparison.Ordinal));
        var without = (await Overlay.BuildAsync(Name)).NodeVariables().Where(pair =>
            pair.Key != "KvStore__Cluster__Bootstrap" && !pair.Key.StartsWith("KvStore__Kubernetes__", StringComparison.Ordinal));

        Assert.Equal(with.OrderBy(pair => pair.Key, StringComparer.Ordinal), without.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    /// <summary>The library takes the first port whose name <em>contains</em> the word.</summary>
    [SkippableFact]
    public async Task The_management_port_is_found_by_its_name_and_no_other_is_taken_for_it()
    {
        var overlay = await Overlay.BuildAsync(Name);
        var variables = overlay.NodeVariables();

        var port = Assert.Single(overlay.Node.Ports, port => port.Name.Contains(variables["KvStore__Kubernetes__PortName"]!, StringComparison.Ordinal));
        Assert.Equal(variables["KvStore__Kubernetes__PortName"], port.Name);
        Assert.Equal(Number(variables["KvStore__Kubernetes__ManagementPort"]), port.Number);
    }

    [SkippableFact]
    public async Task Pods_are_found_by_their_label_and_container_and_know_themselves_by_their_address()
    {
        var overlay = await Overlay.BuildAsync(Name);
        var variables = overlay.NodeVariables();

        Assert.Equal(variables["KvStore__Kubernetes__ServiceName"], overlay.Nodes.PodLabels["app"]);
        Assert.Equal(variables["KvStore__Kubernetes__ContainerName"], overlay.Node.Name);
        Assert.Equal("$(POD_IP)", variables["KvStore__Kubernetes__PodAddress"]);
        Assert.Equal("status.podIP", overlay.Node.Env.Single(variable => variable.Name == "POD_IP").ValueFrom!.FieldRef!.FieldPath);
        Assert.Equal([overlay.Nodes], overlay.PodsOf(new() { ["app"] = variables["KvStore__Kubernetes__ServiceName"]! }));
    }

    [SkippableFact]
    public async Task A_majority_must_be_found_and_all_are_started_at_once()
    {
        var overlay = await Overlay.BuildAsync(Name);
        var required = Number(overlay.NodeVariables()["KvStore__Kubernetes__RequiredContactPoints"]);

        Assert.InRange(required, (overlay.Nodes.Spec.Replicas / 2) + 1, overlay.Nodes.Spec.Replicas);
        Assert.Equal("Parallel", overlay.Nodes.Spec.PodManagementPolicy);
    }

    [SkippableFact]
    public async Task Discovery_may_list_pods_and_nothing_else()
    {
        var overlay = await Overlay.BuildAsync(Name);
        var role = Assert.Single(overlay.Of<Role>());
        var rule = Assert.Single(role.Rules);
        var binding = Assert.Single(overlay.Of<RoleBinding>());
        var subject = Assert.Single(binding.Subjects);

        Assert.Equal([""], rule.ApiGroups);
        Assert.Equal(["pods"], rule.Resources);
        Assert.Equal(["get", "list", "watch"], rule.Verbs);
        Assert.Equal((role.Kind, role.Metadata.Name), (binding.RoleRef.Kind, binding.RoleRef.Name));
        Assert.Equal(("ServiceAccount", overlay.Nodes.Pod.ServiceAccountName, "kvstore"), (subject.Kind, subject.Name, subject.Namespace));
        Assert.True(overlay.Nodes.Pod.AutomountServiceAccountToken);
        Assert.Contains(
            overlay.Of<NetworkPolicy>().SelectMany(policy => policy.Spec.Egress),
            rule => rule.To.Count == 0 && rule.Ports.Exists(port => port.Port == 443));
    }

    [SkippableTheory]
    [InlineData("self-contained")]
    [InlineData("external-database")]
    public async Task Nodes_with_seed_nodes_may_ask_the_API_server_nothing(string name)
    {
        var overlay = await Overlay.BuildAsync(name);

        Assert.Empty(overlay.Of<Role>());
        Assert.Empty(overlay.Of<RoleBinding>());
        Assert.False(overlay.Nodes.Pod.AutomountServiceAccountToken);
    }

    /// <summary>It can take members out and asks nobody who they are: it is bound to the pod's loopback, and open to nobody.</summary>
    [SkippableFact]
    public async Task The_port_of_pbm_is_in_no_service_and_no_policy()
    {
        var overlay = await Overlay.BuildAsync(Name);
        var pbm = Number(overlay.NodeVariables()["KvStore__Kubernetes__PbmPort"]);

        Assert.DoesNotContain(overlay.Node.Ports, port => port.Number == pbm);
        Assert.DoesNotContain(overlay.Of<Service>().SelectMany(service => service.Spec.Ports), port => port.Port == pbm);
        Assert.DoesNotContain(
            overlay.Of<NetworkPolicy>().SelectMany(policy => policy.Spec.Ingress).SelectMany(rule => rule.Ports), port => port.Port == pbm);
    }

    private static int Number(string? text) => int.Parse(text!, CultureInfo.InvariantCulture);
}
