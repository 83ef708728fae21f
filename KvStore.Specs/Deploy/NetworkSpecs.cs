using KvStore.Specs.Deploy.Kubernetes;

namespace KvStore.Specs.Deploy;

/// <summary>Who reaches whom: everybody the HTTP port, nodes each other, nodes their database.</summary>
public sealed class NetworkSpecs
{
    private const int Dns = 53;
    private const int Postgres = 5432;

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Only_http_is_open_to_everybody_and_other_ports_are_open_to_nodes(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        foreach (var set in overlay.Of<StatefulSet>())
        {
            var policies = PoliciesOf(overlay, set, "Ingress").ToList();
            Assert.NotEmpty(policies);
            foreach (var port in set.Pod.Containers.SelectMany(container => container.Ports))
            {
                var rules = policies.SelectMany(policy => policy.Spec.Ingress)
                    .Where(rule => rule.Ports.Any(open => open.Port == port.Number && open.Protocol == "TCP")).ToList();
                Assert.NotEmpty(rules);
                if (port.Name == "http")
                {
                    Assert.All(rules, rule => Assert.Empty(rule.From));
                }
                else
                {
                    Assert.All(rules, rule => Assert.NotEmpty(rule.From));
                    Assert.All(rules.SelectMany(rule => rule.From), peer => Assert.Equal([overlay.Nodes], overlay.PodsOf(peer.PodSelector.MatchLabels)));
                }
            }

            // And what is open is a port that there is.
            var numbers = set.Pod.Containers.SelectMany(container => container.Ports).Select(port => port.Number).ToList();
            Assert.All(policies.SelectMany(policy => policy.Spec.Ingress).SelectMany(rule => rule.Ports), open => Assert.Contains(open.Port, numbers));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Nodes_may_reach_each_other_their_database_and_names(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        var rules = PoliciesOf(overlay, overlay.Nodes, "Egress").SelectMany(policy => policy.Spec.Egress).ToList();

        foreach (var port in overlay.Node.Ports.Where(port => port.Name != "http"))
        {
            Assert.Contains(rules, rule => rule.Ports.Any(open => open.Port == port.Number)
                && rule.To.Any(peer => peer.PodSelector.Selects(overlay.Nodes.PodLabels)));
        }

        Assert.Contains(rules, rule => rule.To.Count == 0 && rule.Ports.Exists(open => open.Port == Dns && open.Protocol == "UDP"));
        var database = overlay.Of<StatefulSet>().SingleOrDefault(set => set != overlay.Nodes);
        Assert.Contains(rules, rule => rule.Ports.Exists(open => open.Port == Postgres)
            && (database is null ? rule.To.Count == 0 : rule.To.Exists(peer => peer.PodSelector.Selects(database.PodLabels))));
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task The_database_is_reached_by_nodes_only_and_is_none_of_them(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        foreach (var database in overlay.Of<StatefulSet>().Where(set => set != overlay.Nodes))
        {
            Assert.NotEqual(overlay.Nodes.PodLabels["app"], database.PodLabels["app"]);
            var policy = Assert.Single(PoliciesOf(overlay, database, "Egress"));
            Assert.Empty(policy.Spec.Egress);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Services_offer_http_and_the_names_of_nodes_and_nothing_that_can_harm(string name)
    {
        var overlay = await Overlay.BuildAsync(name);
        var offered = overlay.Of<Service>().Where(service => LabelSelector.AreIn(service.Spec.Selector, overlay.Nodes.PodLabels))
            .ToDictionary(service => service.Metadata.Name, service => Assert.Single(service.Spec.Ports).TargetPort);

        Assert.Equal(new Dictionary<string, string> { ["kvstore"] = "http", ["kvstore-nodes"] = "akka-remote" }, offered);
    }

    private static IEnumerable<NetworkPolicy> PoliciesOf(Overlay overlay, StatefulSet pods, string type) => overlay.Of<NetworkPolicy>()
        .Where(policy => policy.Spec.PodSelector.Selects(pods.PodLabels) && policy.Spec.PolicyTypes.Contains(type));
}
