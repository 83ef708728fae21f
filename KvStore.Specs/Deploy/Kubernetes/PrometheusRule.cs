namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>Of the Prometheus operator.</summary>
internal sealed record PrometheusRule : KubernetesObject
{
    public required RuleSpec Spec { get; init; }

    internal sealed record RuleSpec
    {
        public required List<RuleGroup> Groups { get; init; }
    }

    internal sealed record RuleGroup
    {
        public required string Name { get; init; }

        public required List<Rule> Rules { get; init; }
    }

    /// <summary>Either records a metric or is an alert.</summary>
    internal sealed record Rule
    {
        public string? Record { get; init; }

        public string? Alert { get; init; }

        public required string Expr { get; init; }

        public string? For { get; init; }

        public Dictionary<string, string> Labels { get; init; } = [];

        public Dictionary<string, string> Annotations { get; init; } = [];
    }
}
