using System.Collections.Immutable;
using KvStore.Http.Gateway;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;

namespace KvStore.Node.Cluster;

/// <summary>
/// The node's current <see cref="ClusterView"/>, put together anew whenever the membership (from Akka) or the lease
/// directory (from a renewal) changes, and swapped by reference.
/// </summary>
public sealed class ClusterViewHolder(NodeView self, int shards) : IClusterViewSource
{
    private readonly Lock _changes = new();
    private Membership _membership = Membership.Empty;
    private LeaseDirectory? _directory;
    private volatile ClusterView _current = ClusterViewRules.Combine(self, Membership.Empty, null, shards);

    public ClusterView Current => _current;

    /// <summary>Asks for a renewal that is sent from now on, which brings the directory; set once the actor system runs.</summary>
    public Func<CancellationToken, Task> AskForDirectory { get; set; } = static _ => Task.CompletedTask;

    public async ValueTask<ClusterView> RefreshAsync(CancellationToken cancelled)
    {
        await AskForDirectory(cancelled).ConfigureAwait(false);
        return Current;
    }

    public void MembersChanged(Membership membership)
    {
        lock (_changes)
        {
            _membership = membership;
            _current = ClusterViewRules.Combine(self, _membership, _directory, shards);
        }
    }

    public void DirectoryChanged(LeaseDirectory directory)
    {
        lock (_changes)
        {
            _directory = directory;
            _current = ClusterViewRules.Combine(self, _membership, _directory, shards);
        }
    }
}

/// <summary>Pure: how a view is put together.</summary>
public static class ClusterViewRules
{
    public static ClusterView Combine(NodeView self, Membership membership, LeaseDirectory? directory, int shards)
    {
        // A restarted node has the address, and mostly the name, of its former self, whose row may still be there.
        var nodes = directory?.Nodes ?? [];
        var byId = nodes.ToDictionary(node => node.NodeId);
        var byAddress = nodes.GroupBy(node => node.AkkaAddress).ToDictionary(group => group.Key, group => group.Last());
        var leases = (directory?.Leases ?? []).ToDictionary(lease => lease.Shard);
        return new ClusterView(
            self,
            [.. membership.Views().Select(member => byAddress.TryGetValue(member.AkkaAddress, out var row)
                ? member with { Name = row.Name, HttpAddress = row.IsMember ? row.HttpAddress : member.HttpAddress }
                : member.AkkaAddress == self.AkkaAddress ? member with { Name = self.Name, HttpAddress = self.HttpAddress } : member)],
            [.. Enumerable.Range(0, shards).Select(shard =>
            {
                var lease = leases.GetValueOrDefault(shard);
                var holder = lease?.Holder is { } id ? byId.GetValueOrDefault(id) : null;
                return new ShardView(shard, holder?.Name, holder?.AkkaAddress, lease?.Epoch ?? 0);
            })])
        {
            Losses = membership.Losses,
        };
    }
}
