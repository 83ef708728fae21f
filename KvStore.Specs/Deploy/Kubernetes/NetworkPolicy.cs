namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record NetworkPolicy : KubernetesObject
{
    public required PolicySpec Spec { get; init; }

    internal sealed record PolicySpec
    {
        public required LabelSelector PodSelector { get; init; }

        public required List<string> PolicyTypes { get; init; }

        public List<IngressRule> Ingress { get; init; } = [];

        public List<EgressRule> Egress { get; init; } = [];
    }

    internal sealed record IngressRule
    {
        /// <summary>Empty: from everywhere.</summary>
        public List<Peer> From { get; init; } = [];

        public required List<PolicyPort> Ports { get; init; }
    }

    internal sealed record EgressRule
    {
        /// <summary>Empty: to everywhere.</summary>
        public List<Peer> To { get; init; } = [];

        public required List<PolicyPort> Ports { get; init; }
    }

    internal sealed record Peer
    {
        public required LabelSelector PodSelector { get; init; }
    }

    internal sealed record PolicyPort
    {
        public required string Protocol { get; init; }

        public required int Port { get; init; }
    }
}
