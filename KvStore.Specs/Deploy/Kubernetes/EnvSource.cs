namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>All entries of a ConfigMap as variables of a container.</summary>
internal sealed record EnvSource
{
    public required Reference ConfigMapRef { get; init; }

    internal sealed record Reference
    {
        public required string Name { get; init; }
    }
}
