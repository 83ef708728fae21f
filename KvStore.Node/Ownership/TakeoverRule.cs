using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <summary>
/// When a shard may be taken from its holder. No clock is compared with another: a node may take a shard when the holder's
/// renewal counter is still the one that it saw <em>itself</em> at least 1.1 of the holder's TTL ago, on its own monotonic
/// clock. The holder believes in its leases for 0.9 of the TTL from before the renewal that wrote this counter was sent, so
/// it has stopped by then. The acquiring transaction compares the counter again, under a lock of the holder's row.
/// </summary>
public sealed class TakeoverRule(TimeProvider clock)
{
    public const double WaitedShareOfTtl = 1.1;

    private const long MissingRow = -1;

    private readonly Dictionary<string, Sighting> _sightings = [];

    /// <summary>Remembers since when a node's counter has stood at its value. Call it when an answer of the store has arrived.</summary>
    public void Saw(string nodeId, long counter)
    {
        if (!_sightings.TryGetValue(nodeId, out var before) || before.Counter != counter)
        {
            _sightings[nodeId] = new Sighting(counter, clock.GetTimestamp());
        }
    }

    /// <summary>Forgets nodes that neither have a row nor hold a shard.</summary>
    public void KeepOnly(IReadOnlySet<string> nodeIds)
    {
        foreach (var gone in _sightings.Keys.Where(node => !nodeIds.Contains(node)).ToList())
        {
            _sightings.Remove(gone);
        }
    }

    /// <summary>Whether the node renewed since it was seen before.</summary>
    public bool HasMoved(string nodeId, long counter) => _sightings.TryGetValue(nodeId, out var seen) && seen.Counter != counter;

    /// <summary>Whether this node itself saw the counter stand at its value for this long.</summary>
    public bool HasStoodStill(string nodeId, TimeSpan span) =>
        _sightings.TryGetValue(nodeId, out var seen) && clock.GetElapsedTime(seen.Since) >= span;

    /// <summary>What to send in order to acquire <paramref name="found"/>, or null while its holder may still be serving.</summary>
    /// <param name="ownTtl">Used for a holder whose row is missing.</param>
    /// <param name="isKnownDead">The operating system proves that the holder's process is gone.</param>
    public AcquireRequest? Judge(ShardHolder found, string me, TimeSpan ownTtl, bool isKnownDead)
    {
        ArgumentNullException.ThrowIfNull(found);
        var (lease, node) = found;
        if (lease.Holder is null || lease.Holder == me)
        {
            return new AcquireRequest(lease.Shard, me, lease.Holder, 0);
        }

        var counter = node?.Counter ?? MissingRow;
        Saw(lease.Holder, counter);
        var waited = clock.GetElapsedTime(_sightings[lease.Holder].Since);
        return isKnownDead || waited >= (node?.Ttl ?? ownTtl) * WaitedShareOfTtl
            ? new AcquireRequest(lease.Shard, me, lease.Holder, counter)
            : null;
    }

    private readonly record struct Sighting(long Counter, long Since);
}
