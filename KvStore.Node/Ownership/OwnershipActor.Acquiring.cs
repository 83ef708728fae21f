using Akka.Actor;
using KvStore.Node.Diagnostics;
using KvStore.Node.Storage;

namespace KvStore.Node.Ownership;

/// <content>Rule 1: a shard is acquired once for all keys that wait for it.</content>
public sealed partial class OwnershipActor
{
    /// <summary>
    /// Keys wait this long while another node holds the shard; a graceful move takes less. Then they are refused, which the
    /// edge may try again, so that no request hangs on a shard that is held for good.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<int, Attempt> _attempts = [];

    private void OnHoldShard(HoldShard wanted)
    {
        if (_node.Leases.EpochOf(wanted.Shard) is not null)
        {
            Sender.Tell(new ShardHeld(wanted.Shard));
        }
        else if (_hasEnded)
        {
            Sender.Tell(new ShardRefused(wanted.Shard, null, StoreFailed: false));
        }
        else if (_attempts.TryGetValue(wanted.Shard, out var attempt))
        {
            attempt.Waiters.Add(Sender);
        }
        else
        {
            _attempts[wanted.Shard] = new Attempt(_node.Clock.GetTimestamp(), Sender);
            Look(wanted.Shard);
        }
    }

    private void Look(int shard)
    {
        if (!_attempts.TryGetValue(shard, out var attempt))
        {
            return;
        }

        if (!_node.IsMember() || _node.Clock.GetTimestamp() < _mayAcquireFrom)
        {
            Postpone(shard, null);
        }
        else if (!_node.Leases.IsNodeValid)
        {
            // A node without a live lease of its own would take the shard and could lose it again at once.
            Renew();
            Postpone(shard, null);
        }
        else
        {
            LookAsync(_node.Store, shard, attempt).PipeTo(Self);
        }
    }

    private static async Task<Looked> LookAsync(IKeyStore store, int shard, Attempt attempt)
    {
        try
        {
            return new Looked(shard, attempt, await store.LookAsync(shard).ConfigureAwait(false), null);
        }
        catch (Exception fault)
        {
            return new Looked(shard, attempt, null, fault);
        }
    }

    private void OnLooked(Looked looked)
    {
        if (_hasEnded || !_attempts.TryGetValue(looked.Shard, out var attempt) || attempt != looked.Attempt)
        {
            return;
        }

        if (looked.Found is not { } found)
        {
            _node.Log.AcquireFailed(looked.Shard, looked.Fault!);
            Refuse(looked.Shard, null, storeFailed: true);
            return;
        }

        var isKnownDead = found.Lease.Holder is { } holder && holder != _node.Self.NodeId && _node.Store.IsKnownDead(holder);
        if (_takeover.Judge(found, _node.Self.NodeId, Ttl, isKnownDead) is not { } request)
        {
            Postpone(looked.Shard, found.Node?.Name);
            return;
        }

        if (request.Holder is not null && request.Holder != _node.Self.NodeId)
        {
            _node.Log.TakingOver(looked.Shard, found.Node?.Name ?? request.Holder, found.Lease.Epoch);
        }

        // Taken before the acquisition is sent: whatever happens to this node's lease meanwhile, its answer can give no more.
        AcquireAsync(_node.Store, request, attempt, _node.Leases.NodeValidUntil).PipeTo(Self);
    }

    private static async Task<AcquireEnded> AcquireAsync(IKeyStore store, AcquireRequest request, Attempt attempt, long validUntil)
    {
        try
        {
            var result = await store.AcquireAsync(request).ConfigureAwait(false);
            return new AcquireEnded(request.Shard, attempt, validUntil, result, null);
        }
        catch (Exception fault)
        {
            return new AcquireEnded(request.Shard, attempt, validUntil, null, fault);
        }
    }

    private void OnAcquireEnded(AcquireEnded ended)
    {
        if (_hasEnded || !_attempts.TryGetValue(ended.Shard, out var attempt) || attempt != ended.Attempt)
        {
            // Given up meanwhile, and what was taken may be lost again: a later attempt must not take this answer for its own.
            // The next renewal lists the shard as held and not used, and it is released then.
            return;
        }

        switch (ended.Result)
        {
            case AcquireResult.Acquired(var epoch):
                _node.Leases.Acquired(ended.Shard, epoch, ended.ValidUntil);
                _node.Log.Acquired(ended.Shard, epoch);
                _attempts.Remove(ended.Shard);
                foreach (var waiter in attempt.Waiters)
                {
                    waiter.Tell(new ShardHeld(ended.Shard));
                }

                break;

            case AcquireResult.Refused(var found):
                Postpone(ended.Shard, found.Node?.Name);
                break;

            case AcquireResult.LockTimedOut:
                Postpone(ended.Shard, null);
                break;

            case null:
                // It may have been executed all the same: the holder may acquire anew, and the epoch rises again.
                _node.Log.AcquireFailed(ended.Shard, ended.Fault!);
                Refuse(ended.Shard, null, storeFailed: true);
                break;
        }
    }

    private void Postpone(int shard, string? holder)
    {
        var attempt = _attempts[shard];
        if (_node.Clock.GetElapsedTime(attempt.Since) >= Patience)
        {
            Refuse(shard, holder, storeFailed: false);
            return;
        }

        Timers.StartSingleTimer(("acquire", shard), new RetryAcquire(shard), attempt.Pause);
        attempt.Pause = attempt.Pause * 2 > LongestPause ? LongestPause : attempt.Pause * 2;
    }

    private void Refuse(int shard, string? holder, bool storeFailed)
    {
        if (_attempts.Remove(shard, out var attempt))
        {
            foreach (var waiter in attempt.Waiters)
            {
                waiter.Tell(new ShardRefused(shard, holder, storeFailed));
            }
        }
    }

    private void RefuseAllWaiters()
    {
        foreach (var shard in _attempts.Keys.ToList())
        {
            Refuse(shard, null, storeFailed: false);
        }
    }

    private sealed class Attempt(long since, IActorRef first)
    {
        public long Since { get; } = since;

        public HashSet<IActorRef> Waiters { get; } = [first];

        public TimeSpan Pause { get; set; } = FirstPause;
    }

    private sealed record RetryAcquire(int Shard) : INoSerializationVerificationNeeded;

    private sealed record Looked(int Shard, Attempt Attempt, ShardHolder? Found, Exception? Fault) : INoSerializationVerificationNeeded;

    /// <param name="ValidUntil">What the node could trust in when the acquisition was sent.</param>
    private sealed record AcquireEnded(int Shard, Attempt Attempt, long ValidUntil, AcquireResult? Result, Exception? Fault)
        : INoSerializationVerificationNeeded;
}
