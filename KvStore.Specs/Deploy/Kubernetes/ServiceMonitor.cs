namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>Of the Prometheus operator.</summary>
internal sealed record ServiceMonitor : KubernetesObject
{
    public required MonitorSpec Spec { get; init; }

    internal sealed record MonitorSpec
    {
        public required LabelSelector Selector { get; init; }

        public required List<Endpoint> Endpoints { get; init; }
    }

    internal sealed record Endpoint
    {
        /// <summary>The name of a port of the service.</summary>
        public required string Port { get; init; }

        public required string Path { get; init; }

        public required string Interval { get; init; }
    }
}
