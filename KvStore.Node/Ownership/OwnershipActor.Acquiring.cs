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
    private readonly FaultReports _faults;

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
            var begun = new Attempt(wanted.Shard, _node.Clock.GetTimestamp(), Sender);
            _attempts[wanted.Shard] = begun;
            Look(begun);
        }
    }

    /// <summary>
    /// Whatever comes back for an attempt counts for that one alone. It may have been given up when everything was dropped, and
    /// the shard lost and taken over since: what its acquisition got must not be held with the validity of a later attempt.
    /// </summary>
    private bool IsCurrent(Attempt attempt) => !_hasEnded && _attempts.GetValueOrDefault(attempt.Shard) == attempt;

    private void Look(Attempt attempt)
    {
        if (!IsCurrent(attempt))
        {
            return;
        }

        if (!_node.IsMember() || _node.Clock.GetTimestamp() < _mayAcquireFrom)
        {
            Postpone(attempt, null);
        }
        else if (!_node.Leases.IsNodeValid)
        {
            // A node without a live lease of its own would take the shard and could lose it again at once.
            Renew();
            Postpone(attempt, null);
        }
        else
        {
            LookAsync(_node.Store, attempt).PipeTo(Self);
        }
    }

    private static async Task<Looked> LookAsync(IKeyStore store, Attempt attempt)
    {
        try
        {
            return new Looked(attempt, await store.LookAsync(attempt.Shard).ConfigureAwait(false), null);
        }
        catch (Exception fault)
        {
            return new Looked(attempt, null, fault);
        }
    }

    private void OnLooked(Looked looked)
    {
        var attempt = looked.Attempt;
        if (!IsCurrent(attempt))
        {
            return;
        }

        if (looked.Found is not { } found)
        {
            _node.Log.AcquireFailed(_faults.NextLevel(looked.Fault!), attempt.Shard, looked.Fault!);
            Refuse(attempt.Shard, null, storeFailed: true);
            return;
        }

        var isKnownDead = found.Lease.Holder is { } holder && holder != _node.Self.NodeId && _node.Store.IsKnownDead(holder);
        if (_takeover.Judge(found, _node.Self.NodeId, Ttl, isKnownDead) is not { } request)
        {
            Postpone(attempt, found.Node?.Name);
            return;
        }

        if (request.Holder is not null && request.Holder != _node.Self.NodeId)
        {
            _node.Log.TakingOver(attempt.Shard, found.Node?.Name ?? request.Holder, found.Lease.Epoch);
        }

        // Taken before the acquisition is sent: whatever happens to this node's lease meanwhile, its answer can give no more.
        attempt.ValidUntil = _node.Leases.NodeValidUntil;
        AcquireAsync(_node.Store, attempt, request).PipeTo(Self);
    }

    private static async Task<AcquireEnded> AcquireAsync(IKeyStore store, Attempt attempt, AcquireRequest request)
    {
        try
        {
            return new AcquireEnded(attempt, await store.AcquireAsync(request).ConfigureAwait(false), null);
        }
        catch (Exception fault)
        {
            return new AcquireEnded(attempt, null, fault);
        }
    }

    private void OnAcquireEnded(AcquireEnded ended)
    {
        var attempt = ended.Attempt;
        if (!IsCurrent(attempt))
        {
            // Listed by the next renewal as held and not used, and released then.
            return;
        }

        switch (ended.Result)
        {
            case AcquireResult.Acquired(var epoch):
                _node.Leases.Acquired(attempt.Shard, epoch, attempt.ValidUntil);
                _node.Log.Acquired(attempt.Shard, epoch);
                _attempts.Remove(attempt.Shard);
                foreach (var waiter in attempt.Waiters)
                {
                    waiter.Tell(new ShardHeld(attempt.Shard));
                }

                break;

            case AcquireResult.Refused(var found):
                Postpone(attempt, found.Node?.Name);
                break;

            case AcquireResult.LockTimedOut:
                Postpone(attempt, null);
                break;

            case null:
                // It may have been executed all the same: the holder may acquire anew, and the epoch rises again.
                _node.Log.AcquireFailed(_faults.NextLevel(ended.Fault!), attempt.Shard, ended.Fault!);
                Refuse(attempt.Shard, null, storeFailed: true);
                break;
        }
    }

    private void Postpone(Attempt attempt, string? holder)
    {
        attempt.Holder = holder ?? attempt.Holder;
        if (_node.Clock.GetElapsedTime(attempt.Since) >= Patience)
        {
            Refuse(attempt.Shard, attempt.Holder, storeFailed: false);
            return;
        }

        Timers.StartSingleTimer(("acquire", attempt.Shard), new RetryAcquire(attempt), attempt.Pause);
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

    private sealed class Attempt(int shard, long since, IActorRef first)
    {
        public int Shard { get; } = shard;

        public long Since { get; } = since;

        public HashSet<IActorRef> Waiters { get; } = [first];

        public TimeSpan Pause { get; set; } = FirstPause;

        /// <summary>The name of who was found to hold the shard last, if anybody was.</summary>
        public string? Holder { get; set; }

        public long ValidUntil { get; set; } = long.MinValue;
    }

    private sealed record RetryAcquire(Attempt Attempt) : INoSerializationVerificationNeeded;

    private sealed record Looked(Attempt Attempt, ShardHolder? Found, Exception? Fault) : INoSerializationVerificationNeeded;

    private sealed record AcquireEnded(Attempt Attempt, AcquireResult? Result, Exception? Fault) : INoSerializationVerificationNeeded;
}
