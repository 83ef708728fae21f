namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record Role : KubernetesObject
{
    public required List<Rule> Rules { get; init; }

    internal sealed record Rule
    {
        public required List<string> ApiGroups { get; init; }

        public required List<string> Resources { get; init; }

        public required List<string> Verbs { get; init; }
    }
}
