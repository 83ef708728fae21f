using System.Text.RegularExpressions;
using KvStore.Node.Config;
using KvStore.Specs.Deploy.Kubernetes;

namespace KvStore.Specs.Deploy;

/// <summary>Within each overlay, as kustomize builds it, names and labels mean something that is there.</summary>
public sealed partial class OverlaySpecs
{
    /// <summary>Variables of the nodes that are no settings of ours.</summary>
    private static readonly string[] OtherVariables = ["POD_NAME", "POD_IP", "NAMESPACE", "ASPNETCORE_URLS"];

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Services_find_pods_with_the_ports_that_they_name(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        foreach (var service in overlay.Of<Service>())
        {
            foreach (var pods in overlay.PodsOf(service.Spec.Selector))
            {
                var ports = pods.Pod.Containers.SelectMany(container => container.Ports).Select(port => port.Name).ToList();
                Assert.All(service.Spec.Ports, port => Assert.Contains(port.TargetPort, ports));
            }
        }

        foreach (var set in overlay.Of<StatefulSet>())
        {
            var service = overlay.Of<Service>().Single(service => service.Metadata.Name == set.Spec.ServiceName);
            Assert.Equal("None", service.Spec.ClusterIP);
            Assert.Equal([set], overlay.PodsOf(service.Spec.Selector));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Selectors_mean_pods_that_there_are(string name)
    {
        var overlay = await Overlay.BuildAsync(name);

        Assert.All(overlay.Of<StatefulSet>(), set => Assert.Equal([set], overlay.PodsOf(set.Spec.Selector.MatchLabels)));
        Assert.Equal([overlay.Nodes], overlay.PodsOf(Assert.Single(overlay.Of<PodDisruptionBudget>()).Spec.Selector.MatchLabels));
        var spread = overlay.Nodes.Pod.TopologySpreadConstraints.Select(spread => spread.LabelSelector).Concat(
            overlay.Nodes.Pod.Affinity!.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution
                .Select(term => term.PodAffinityTerm.LabelSelector)).ToList();
        Assert.Equal(2, spread.Count);
        Assert.All(spread, selector => Assert.Equal([overlay.Nodes], overlay.PodsOf(selector.MatchLabels)));
        foreach (var policy in overlay.Of<NetworkPolicy>().Select(policy => policy.Spec))
        {
            var peers = policy.Ingress.SelectMany(rule => rule.From).Concat(policy.Egress.SelectMany(rule => rule.To));
            Assert.All([policy.PodSelector, .. peers.Select(peer => peer.PodSelector)], selector => Assert.NotEmpty(overlay.PodsOf(selector.MatchLabels)));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task What_pods_refer_to_is_there_or_the_operator_is_told_to_make_it(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        foreach (var pod in overlay.Of<StatefulSet>().Select(set => set.Pod))
        {
            Assert.All(
                pod.Containers.SelectMany(container => container.EnvFrom),
                source => Assert.Single(overlay.Of<ConfigMap>(), map => map.Metadata.Name == source.ConfigMapRef.Name));
            Assert.All(
                pod.Containers.SelectMany(container => container.Env).Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<EnvVar.SecretKey>(),
                secret => Assert.Contains(secret.Key, Runbook.KeysOfSecret(secret.Name)));
            Assert.All(
                pod.Containers.SelectMany(container => container.VolumeMounts),
                mount => Assert.Contains(
                    mount.Name,
                    pod.Volumes.Select(volume => volume.Name).Concat(overlay.Of<StatefulSet>().Single(set => set.Pod == pod)
                        .Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name))));
            Assert.True(
                pod.ServiceAccountName is null || overlay.Of<ServiceAccount>().Any(account => account.Metadata.Name == pod.ServiceAccountName),
                $"There is no service account {pod.ServiceAccountName}.");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Every_setting_that_is_given_to_the_nodes_is_one_of_the_program(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        var settings = SettingsReader.Describe(new NodeOptions(), NodeOptions.Section).Select(setting => setting.Name).ToHashSet();

        var unknown = overlay.NodeVariables().Keys.Except(OtherVariables)
            .Where(variable => !settings.Contains(Index().Replace(variable, "").Replace("__", ":", StringComparison.Ordinal)));

        Assert.Empty(unknown);
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task A_variable_is_used_only_after_it_was_made(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        foreach (var container in overlay.Of<StatefulSet>().SelectMany(set => set.Pod.Containers))
        {
            Assert.Distinct(container.Env.Select(variable => variable.Name));
            for (var i = 0; i < container.Env.Count; i++)
            {
                var before = container.Env.Take(i).Select(variable => variable.Name);
                var used = Use().Matches(container.Env[i].Value ?? "").Select(use => use.Groups["name"].Value);
                Assert.Subset(before.ToHashSet(), used.ToHashSet());
            }
        }

        // The values of a ConfigMap are taken as they are.
        Assert.DoesNotContain(overlay.Of<ConfigMap>().Where(map => !map.Metadata.Name.StartsWith("kvstore-dashboard", StringComparison.Ordinal)),
            map => map.Data.Values.Any(value => Use().IsMatch(value)));
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Images_are_pinned_by_version(string name)
    {
        var overlay = await Overlay.BuildAsync(name);

        Assert.All(
            overlay.Of<StatefulSet>().SelectMany(set => set.Pod.Containers),
            container => Assert.Matches(@"^[^:]+:[0-9]+(\.[0-9]+)+\z", container.Image));
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Pods_keep_to_the_restricted_standard_of_their_namespace(string name)
    {
        var overlay = await Overlay.BuildAsync(name);

        Assert.Equal("restricted", overlay.Of<NamespaceObject>().Single().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        foreach (var pod in overlay.Of<StatefulSet>().Select(set => set.Pod))
        {
            Assert.True(pod.SecurityContext.RunAsNonRoot && pod.SecurityContext is { RunAsUser: > 0, RunAsGroup: > 0 });
            Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
            Assert.All(pod.Containers.Select(container => container.SecurityContext), security =>
            {
                Assert.False(security.AllowPrivilegeEscalation);
                Assert.True(security.ReadOnlyRootFilesystem);
                Assert.Equal(["ALL"], security.Capabilities.Drop);
            });
        }
    }

    [GeneratedRegex(@"\$\((?<name>[^)]+)\)")]
    private static partial Regex Use();

    [GeneratedRegex("__[0-9]+$")]
    private static partial Regex Index();
}
