using Akka.Actor;
using KvStore.Messages.Protocol;
using KvStore.Node.Ownership;

namespace KvStore.Node.Keys;

/// <content>Requests that wait for the shard, the load or a proof of the lease, in order; and what becomes of their deadlines.</content>
public sealed partial class KeyActor
{
    private List<Asked>? _parked;

    private void WaitForProof(Asked asked, LeaseStanding standing, bool afterRenewal)
    {
        if (standing == LeaseStanding.Unproven && afterRenewal)
        {
            Reply(asked, Refusal(RefusalReason.LeaseNotProven));
            return;
        }

        Park(asked);
        if (_phase != Phase.Ready)
        {
            return;
        }

        if (standing == LeaseStanding.Unproven)
        {
            _phase = Phase.Renewing;
            node.Ownership.Tell(RenewNow.Instance);
        }
        else if (Writes?.Row is null)
        {
            // With a row under way its end brings the reload: a key is never loaded beside its own row.
            Reload();
        }
    }

    private void Park(Asked asked)
    {
        if (_parked?.Count >= node.Limits.MaxQueuedPerKey)
        {
            Reply(asked, TooManyOnKey());
            return;
        }

        (_parked ??= []).Add(asked);
    }

    private void ParkFirst(List<Asked>? redo)
    {
        if (redo is { Count: > 0 })
        {
            (_parked ??= []).InsertRange(0, redo);
        }
    }

    /// <summary>Decides what was parked, in order, as far as the phase allows.</summary>
    private void Resume(bool afterRenewal = false)
    {
        if (_parked is not { } parked)
        {
            return;
        }

        _parked = null;
        foreach (var asked in parked)
        {
            if (_phase == Phase.Ready)
            {
                Decide(asked, afterRenewal);
            }
            else
            {
                Park(asked);
            }
        }
    }

    private void RefuseParked(RefusalReason reason, string? failedNode = null)
    {
        var parked = _parked;
        _parked = null;
        foreach (var asked in parked ?? [])
        {
            Reply(asked, Refusal(reason, failedNode));
        }
    }

    private void OnCheckDeadlines(CheckDeadlines check)
    {
        if (_parked is not null)
        {
            var reason = _phase switch
            {
                Phase.Acquiring => RefusalReason.OwnershipMoving,
                Phase.Renewing => RefusalReason.LeaseNotProven,
                _ => RefusalReason.StoreUnavailable,
            };
            _parked.RemoveAll(asked => RefuseIfNearlyUp(asked, check, reason));
            _parked = _parked.Count == 0 ? null : _parked;
        }

        if (_phase == Phase.Acquiring)
        {
            // Should the answer have been lost (the ownership actor restarted), nobody else would ask for it.
            node.Ownership.Tell(new HoldShard(_cell!.Shard));
        }

        if (Writes is { HasNext: true } && Writes.Next.Any(asked => IsNearlyUp(asked, check)))
        {
            // What comes behind a refused command was computed from it, so the rest is decided anew.
            var rest = Writes.TakeNext().Select(waiter => waiter.Asked).ToList();
            rest.RemoveAll(asked => RefuseIfNearlyUp(asked, check, RefusalReason.StoreUnavailable));
            ParkFirst(rest);
            if (_phase == Phase.Ready)
            {
                Resume();
            }
        }
    }

    private bool RefuseIfNearlyUp(Asked asked, CheckDeadlines check, RefusalReason reason)
    {
        if (!IsNearlyUp(asked, check))
        {
            return false;
        }

        Reply(asked, Refusal(reason));
        return true;
    }

    private bool IsNearlyUp(Asked asked, CheckDeadlines check) => asked.Message.Context.Deadline.Left(node.Time) <= check.Within;
}
