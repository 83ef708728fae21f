using System.Collections.Immutable;
using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <summary>Whether an epoch is one that this node may answer under.</summary>
public enum LeaseStanding
{
    /// <summary>Held, and the store proved it recently enough.</summary>
    Valid,

    /// <summary>Held as far as this node knows, but it must renew before it may say so.</summary>
    Unproven,

    /// <summary>Not held with this epoch; it never will be again.</summary>
    Lost,
}

/// <summary>How shards were lost: each counted since the start.</summary>
/// <param name="Fenced">A write or a settle found that the epoch is over.</param>
/// <param name="ListedOtherwise">A renewal listed another holder or epoch.</param>
/// <param name="Dropped">The node's membership or its row ended, or the database went back in its history.</param>
public readonly record struct LeaseLosses(long Fenced, long ListedOtherwise, long Dropped);

/// <summary>
/// What this node may claim to own: for each shard the epoch that it holds and the moment until which that is proven, on the
/// clock of <see cref="BootClock"/>. Validity is kept for each shard, and only these things change it:
/// <list type="bullet">
/// <item>an acquisition adds a shard, with no more validity than the node had when it was <em>sent</em>;</item>
/// <item>a renewal extends shards that are held with the listed epoch, drops those that it lists otherwise, adds none;</item>
/// <item>a release, a settle, or the end of the node's membership takes shards away or raises their epoch.</item>
/// </list>
/// So neither the order nor the lateness of the store's answers matters. Reads take no lock; changes do.
/// </summary>
public sealed class LeaseTable(int shards, TimeProvider clock)
{
    /// <summary>The share of the TTL that a node believes in; others wait 1.1 of it. The gap pays for clocks that run at different rates.</summary>
    public const double TrustedShareOfTtl = 0.9;

    private readonly Held?[] _held = new Held?[shards];
    private readonly Lock _changes = new();
    private long _nodeValidUntil = long.MinValue;
    private long _fenced;
    private long _listedOtherwise;
    private long _dropped;

    public int Shards => _held.Length;

    public int HeldShards => _held.Count(held => held is not null);

    /// <summary>The node's own validity: until when a shard may be trusted that is acquired by a call that is sent now.</summary>
    public long NodeValidUntil => Volatile.Read(ref _nodeValidUntil);

    public bool IsNodeValid => clock.GetTimestamp() < NodeValidUntil;

    /// <summary>How many shards were lost since the start, other than by giving them back.</summary>
    public LeaseLosses Losses => new(
        Interlocked.Read(ref _fenced), Interlocked.Read(ref _listedOtherwise), Interlocked.Read(ref _dropped));

    /// <summary>The check of every answer. Take the value first, then ask this about the epoch that the value was loaded under.</summary>
    public LeaseStanding Check(int shard, long epoch)
    {
        var held = Volatile.Read(ref _held[shard]);
        if (held is null || held.Epoch != epoch)
        {
            return LeaseStanding.Lost;
        }

        return clock.GetTimestamp() < held.ValidUntil ? LeaseStanding.Valid : LeaseStanding.Unproven;
    }

    /// <summary>The epoch that the shard is held with, proven or not, or null.</summary>
    public long? EpochOf(int shard) => Volatile.Read(ref _held[shard])?.Epoch;

    /// <param name="sentAt">The clock before the renewal was sent.</param>
    /// <returns>Shards that the store lists for this node and this table does not: an answer was lost, or the shard was given up.</returns>
    public ImmutableArray<HeldEpoch> Renewed(string nodeId, LeaseDirectory answer, long sentAt, TimeSpan ttl)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var validUntil = sentAt + (long)(ttl.TotalSeconds * TrustedShareOfTtl * clock.TimestampFrequency);
        var strangers = ImmutableArray.CreateBuilder<HeldEpoch>();
        lock (_changes)
        {
            _nodeValidUntil = Math.Max(_nodeValidUntil, validUntil);
            foreach (var lease in answer.Leases)
            {
                var held = _held[lease.Shard];
                var isMine = lease.Holder == nodeId;
                if (held is null)
                {
                    if (isMine)
                    {
                        strangers.Add(new HeldEpoch(lease.Shard, lease.Epoch));
                    }
                }
                else if (isMine && held.Epoch == lease.Epoch)
                {
                    Set(lease.Shard, held with { ValidUntil = Math.Max(held.ValidUntil, validUntil) });
                }
                else if (held.Epoch <= lease.Epoch || clock.GetTimestamp() >= held.ValidUntil)
                {
                    Set(lease.Shard, null);
                    Interlocked.Increment(ref _listedOtherwise);
                }

                // A lower epoch than the held one: the answer was made before the acquisition, so it says nothing about it.
                // Where that lasts the database itself went back, and what cannot be proven any more is dropped.
            }
        }

        return strangers.ToImmutable();
    }

    /// <param name="validUntil"><see cref="NodeValidUntil"/> as it was when the acquisition was sent.</param>
    public void Acquired(int shard, long epoch, long validUntil)
    {
        lock (_changes)
        {
            if (_held[shard] is not { } held || held.Epoch < epoch)
            {
                Set(shard, new Held(epoch, validUntil));
            }
        }
    }

    /// <summary>A settle raised the epoch: all that was loaded under the old one is void.</summary>
    /// <param name="validUntil"><see cref="NodeValidUntil"/> as it was when the settle was sent.</param>
    public void Settled(int shard, long settledEpoch, long newEpoch, long validUntil)
    {
        lock (_changes)
        {
            if (_held[shard] is { } held && held.Epoch == settledEpoch)
            {
                Set(shard, new Held(newEpoch, validUntil));
            }
        }
    }

    /// <summary>First step of a release, before the store hears of it.</summary>
    /// <returns>Whether the shard was held with this epoch.</returns>
    public bool Drop(int shard, long epoch)
    {
        lock (_changes)
        {
            if (_held[shard]?.Epoch != epoch)
            {
                return false;
            }

            Set(shard, null);
            return true;
        }
    }

    /// <summary>The store said that this epoch is over.</summary>
    public void Fenced(int shard, long epoch)
    {
        if (Drop(shard, epoch))
        {
            Interlocked.Increment(ref _fenced);
        }
    }

    /// <summary>The node lost its membership, its row, or the history of the database that it held shards in.</summary>
    public void DropAll()
    {
        lock (_changes)
        {
            _nodeValidUntil = long.MinValue;
            Interlocked.Add(ref _dropped, HeldShards);
            for (var shard = 0; shard < _held.Length; shard++)
            {
                Set(shard, null);
            }
        }
    }

    private void Set(int shard, Held? held) => Volatile.Write(ref _held[shard], held);

    private sealed record Held(long Epoch, long ValidUntil);
}
