using System.Diagnostics;
using KvStore.Http.Telemetry;
using KvStore.Messages.Protocol;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;

namespace KvStore.Node.Keys;

/// <content>The way to a commit: one row at a time, all its callers answered after it.</content>
public sealed partial class KeyActor
{
    private void SendNext()
    {
        if (Writes is not { Row: null, HasNext: true } writes)
        {
            return;
        }

        var tip = writes.Tip;
        var row = new PendingRow(
            new RowWrite(_cell!.Key, _cell.Shard, _cell.Epoch, _cell.StoredVersion, tip.StoredVersion, tip.Value), Self);
        if (node.Writer.TryEnqueue(row))
        {
            writes.Sent(row);
        }
        else
        {
            RefuseNext(writes);
        }
    }

    private void RefuseNext(PendingWrites writes)
    {
        var busy = new Busy(
            "The node has as many rows or bytes waiting for its store as it may have (KvStore:Storage:MaxQueuedRows, MaxQueuedBytes).",
            node.NodeName);
        var refused = writes.TakeNext();
        Writes = null;
        ParkFirst(Answer(refused, _ => busy, isProven: false));
        Resume();
    }

    private void OnRowDone()
    {
        if (Writes?.Row is not { IsDone: true } row)
        {
            // It was of a former incarnation's row, whose callers have waited in vain and were told that the outcome is unknown; or of
            // one of ours that was done already when that came.
            return;
        }

        ref readonly var write = ref row.Write;
        Writes.Span?.End(row.Fate.ToString());
        var waiters = Writes.TakeInFlight();
        List<Asked>? redo;
        switch (row.Fate)
        {
            case RowFate.Applied:
                // The cell first, then the answers: nobody may hear of a commit that a read would not show.
                _cell!.Commit(new Committed(new KeyState(write.Version, write.Value), write.Epoch));
                redo = Answer(waiters, null, node.Leases.Check(_cell.Shard, write.Epoch) == LeaseStanding.Valid);
                break;
            case RowFate.Rejected:
                redo = Answer(waiters, _ => Refusal(RefusalReason.StoreUnavailable), isProven: false);
                break;
            case RowFate.Unknown:
                redo = Answer(waiters, _ => new OutcomeUnknown(null, node.NodeName), isProven: false);
                break;
            case RowFate.Superseded:
                redo = [.. waiters.Select(waiter => waiter.Asked)];
                break;
            default:
                throw new UnreachableException($"{row.Fate} is no fate.");
        }

        var isVoid = row.Fate is RowFate.Superseded or RowFate.Unknown
            || node.Leases.Check(_cell!.Shard, write.Epoch) == LeaseStanding.Lost;
        if (isVoid || row.Fate != RowFate.Applied)
        {
            (redo ??= []).AddRange(Writes.TakeNext().Select(waiter => waiter.Asked));
        }

        ParkFirst(redo);
        Continue(isVoid);
    }

    private void Continue(bool isVoid)
    {
        Writes = Writes is { IsEmpty: true } ? null : Writes;
        if (_stop is not null)
        {
            RefuseParked(RefusalReason.Stopping);
            StopIfDone();
        }
        else if (isVoid)
        {
            Reload();
        }
        else
        {
            SendNext();
            if (_phase == Phase.Ready)
            {
                Resume();
            }
        }
    }

    /// <summary>
    /// Answers writes with their own reply or with <paramref name="instead"/>, and reads with their reply where the state
    /// that they were computed from is proven to be current.
    /// </summary>
    /// <returns>Reads that must be decided anew, if there are any.</returns>
    private static List<Asked>? Answer(List<Waiter> waiters, Func<Waiter, KeyReply>? instead, bool isProven)
    {
        List<Asked>? redo = null;
        foreach (var waiter in waiters)
        {
            if (waiter.Writes)
            {
                Reply(waiter.Asked, instead?.Invoke(waiter) ?? waiter.Reply);
            }
            else if (isProven)
            {
                Reply(waiter.Asked, waiter.Reply);
            }
            else
            {
                (redo ??= []).Add(waiter.Asked);
            }
        }

        return redo;
    }
}
