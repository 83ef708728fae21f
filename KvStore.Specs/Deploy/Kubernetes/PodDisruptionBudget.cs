namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record PodDisruptionBudget : KubernetesObject
{
    public required BudgetSpec Spec { get; init; }

    internal sealed record BudgetSpec
    {
        public required int MaxUnavailable { get; init; }

        public required string UnhealthyPodEvictionPolicy { get; init; }

        public required LabelSelector Selector { get; init; }
    }
}
