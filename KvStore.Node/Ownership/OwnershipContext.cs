using KvStore.Node.Config;
using KvStore.Node.Keys;
using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <summary>What the ownership actor works with.</summary>
/// <param name="Self">This process's row.</param>
/// <param name="Clock">See <see cref="BootClock"/>.</param>
/// <param name="IsMember">Whether this node is a member of the cluster that may serve.</param>
/// <param name="OnDirectory">Hears of every renewal's answer.</param>
public sealed record OwnershipContext(
    NodeRow Self,
    StorageOptions Options,
    IKeyStore Store,
    GroupCommitWriter Writer,
    LeaseTable Leases,
    LiveKeys LiveKeys,
    TimeProvider Clock,
    Func<bool> IsMember,
    Action<LeaseDirectory> OnDirectory,
    ILogger Log);
