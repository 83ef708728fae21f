namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>A variable of a container.</summary>
internal sealed record EnvVar
{
    public required string Name { get; init; }

    public string? Value { get; init; }

    public EnvValueSource? ValueFrom { get; init; }

    internal sealed record EnvValueSource
    {
        public Field? FieldRef { get; init; }

        public SecretKey? SecretKeyRef { get; init; }
    }

    internal sealed record Field
    {
        public required string FieldPath { get; init; }
    }

    internal sealed record SecretKey
    {
        public required string Name { get; init; }

        public required string Key { get; init; }
    }
}
