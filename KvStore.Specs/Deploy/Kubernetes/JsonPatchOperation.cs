namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record JsonPatchOperation
{
    public required string Op { get; init; }

    public required string Path { get; init; }

    public required object Value { get; init; }
}
