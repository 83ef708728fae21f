using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>Where the newest cluster view is to be had. Read often, from any thread; must not block.</summary>
public interface IClusterViewSource
{
    ClusterView Current { get; }

    /// <summary>
    /// A view that is at least as new as this call, for an answer that is about the cluster. Bounded in time; where the store
    /// does not answer it is <see cref="Current"/>.
    /// </summary>
    ValueTask<ClusterView> RefreshAsync(CancellationToken cancelled);
}
