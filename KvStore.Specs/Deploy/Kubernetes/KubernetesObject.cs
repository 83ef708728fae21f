namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>
/// An object of Kubernetes. The records beside this one have the fields that our manifests use and no others, so that a field which
/// is misspelt, or stands at the wrong place, is a fault when a manifest is read. Kubernetes itself ignores it.
/// </summary>
internal abstract record KubernetesObject
{
    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    public required ObjectMeta Metadata { get; init; }

    public sealed override string ToString() => $"{Kind} {Metadata.Name}";
}
