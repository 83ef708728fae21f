using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>Where the newest cluster view is to be had. Read often, from any thread; must not block.</summary>
public interface IClusterViewSource
{
    ClusterView Current { get; }
}
