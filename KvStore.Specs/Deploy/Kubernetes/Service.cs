namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record Service : KubernetesObject
{
    public required ServiceSpec Spec { get; init; }

    internal sealed record ServiceSpec
    {
        public string Type { get; init; } = "ClusterIP";

        /// <summary><c>None</c> for a headless service.</summary>
        public string? ClusterIP { get; init; }

        public bool PublishNotReadyAddresses { get; init; }

        public required Dictionary<string, string> Selector { get; init; }

        public required List<ServicePort> Ports { get; init; }
    }

    internal sealed record ServicePort
    {
        public required string Name { get; init; }

        public required int Port { get; init; }

        /// <summary>The name of a port of the pods.</summary>
        public required string TargetPort { get; init; }
    }
}
