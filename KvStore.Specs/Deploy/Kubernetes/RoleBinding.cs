namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record RoleBinding : KubernetesObject
{
    public required RoleReference RoleRef { get; init; }

    public required List<Subject> Subjects { get; init; }

    internal sealed record RoleReference
    {
        public required string ApiGroup { get; init; }

        public required string Kind { get; init; }

        public required string Name { get; init; }
    }

    internal sealed record Subject
    {
        public required string Kind { get; init; }

        public required string Name { get; init; }

        public required string Namespace { get; init; }
    }
}
