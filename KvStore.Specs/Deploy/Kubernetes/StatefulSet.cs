namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record StatefulSet : KubernetesObject
{
    public required StatefulSetSpec Spec { get; init; }

    public PodSpec Pod => Spec.Template.Spec;

    public Dictionary<string, string> PodLabels => Spec.Template.Metadata.Labels;

    internal sealed record StatefulSetSpec
    {
        public required int Replicas { get; init; }

        public required string ServiceName { get; init; }

        public string PodManagementPolicy { get; init; } = "OrderedReady";

        public UpdateStrategy? UpdateStrategy { get; init; }

        public int MinReadySeconds { get; init; }

        public required LabelSelector Selector { get; init; }

        public required PodTemplate Template { get; init; }

        public List<VolumeClaim> VolumeClaimTemplates { get; init; } = [];
    }

    internal sealed record UpdateStrategy
    {
        public required string Type { get; init; }
    }

    internal sealed record PodTemplate
    {
        public required ObjectMeta Metadata { get; init; }

        public required PodSpec Spec { get; init; }
    }

    internal sealed record VolumeClaim
    {
        public required ObjectMeta Metadata { get; init; }

        public required VolumeClaimSpec Spec { get; init; }
    }

    internal sealed record VolumeClaimSpec
    {
        public required List<string> AccessModes { get; init; }

        public required Resources Resources { get; init; }
    }
}
