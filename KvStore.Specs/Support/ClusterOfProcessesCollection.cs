namespace KvStore.Specs.Support;

/// <summary>
/// Classes of this collection run one after the other, and while nothing else does: each has several nodes as processes, and
/// on a small machine they would take the time out of each other's leases and failure detectors.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterOfProcessesCollection
{
    public const string Name = "nodes as processes";
}
