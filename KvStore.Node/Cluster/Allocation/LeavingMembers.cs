using System.Collections.Concurrent;
using Akka.Actor;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>
/// Members that have asked the coordinator's node to move their shards away, since they are about to leave. Who does not ask
/// again is forgotten after <see cref="Patience"/>: it is gone, or has given up. Safe for all threads.
/// </summary>
public sealed class LeavingMembers(TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Address, Leaving> _members = new();

    /// <returns>How many shards it has left, as far as that is known; null before the coordinator has looked.</returns>
    public int? Asked(Address member)
    {
        var now = time.GetTimestamp();
        return _members.AddOrUpdate(member, _ => new Leaving(now, null), (_, before) => before with { AskedAt = now }).ShardsLeft;
    }

    public bool Contains(Address member)
    {
        if (!_members.TryGetValue(member, out var leaving))
        {
            return false;
        }

        if (time.GetElapsedTime(leaving.AskedAt) <= Patience)
        {
            return true;
        }

        _members.TryRemove(KeyValuePair.Create(member, leaving));
        return false;
    }

    /// <summary>The coordinator has looked: <paramref name="member"/> has so many shards left.</summary>
    public void Counted(Address member, int shards)
    {
        while (_members.TryGetValue(member, out var leaving) && !_members.TryUpdate(member, leaving with { ShardsLeft = shards }, leaving))
        {
        }
    }

    private sealed record Leaving(long AskedAt, int? ShardsLeft);
}
