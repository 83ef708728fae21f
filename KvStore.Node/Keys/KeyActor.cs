using Akka.Actor;
using Akka.Cluster.Sharding;
using KvStore.Messages.Protocol;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;

namespace KvStore.Node.Keys;

/// <summary>
/// The owner of one key, started by its shard on the first request. A shell: <see cref="KeyDecisions"/> decides,
/// <see cref="PendingWrites"/> coalesces, the node's <see cref="GroupCommitWriter"/> writes, its <see cref="LeaseTable"/>
/// says whether this node may answer.
/// <code>
///            first request          held                 loaded
///   Empty ────────────────▶ Acquiring ──────▶ Loading ──────────▶ Ready ◀──────▶ Renewing
///     ▲          refused │                      │ failed           │  lease not proven
///     └──────────────────┴──────────────────────┴──────────────────┘  epoch lost: load again
/// </code>
/// Requests that come in any other phase than Ready are parked, in order and up to a bound. This part holds the phases and
/// the answers; <c>KeyActor.Waiting.cs</c> what waits, <c>KeyActor.Loading.cs</c> the way to a cell, <c>KeyActor.Writing.cs</c>
/// the way to a commit.
/// </summary>
public sealed partial class KeyActor(KeyActorContext node) : UntypedActor
{
    private KeyCell? _cell;
    private Phase _phase;
    private StopKey? _stop;

    private enum Phase : byte
    {
        Empty,
        Acquiring,
        Loading,
        Ready,
        Renewing,
    }

    private PendingWrites? Writes { get; set; }

    private bool IsIdle => Writes is null && _parked is null && _phase is Phase.Ready or Phase.Empty;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IKeyMessage request:
                Accept(new Asked(request, Sender, KeySpans.Start(request, node.NodeName)));
                break;
            case RowDone:
                OnRowDone();
                break;
            case KeyLoaded loaded:
                OnLoaded(loaded);
                break;
            case ShardHeld when _phase == Phase.Acquiring:
                Load(owned: true);
                break;
            case ShardRefused refused when _phase == Phase.Acquiring:
                OnShardRefused(refused);
                break;
            case RenewalDone when _phase == Phase.Renewing:
                _phase = Phase.Ready;
                Resume(afterRenewal: true);
                break;
            case ShardHeld or ShardRefused or RenewalDone:
                // The answer to a question of a phase that is over.
                break;
            case CheckDeadlines check:
                OnCheckDeadlines(check);
                break;
            case EvictKey:
                PassivateIfIdle();
                break;
            case StopKey stop:
                OnStop(stop);
                break;
            default:
                Unhandled(message);
                break;
        }

        if (_cell is not null)
        {
            node.LiveKeys.SetWaiting(_cell, _parked is not null || Writes is { HasNext: true });
        }
    }

    /// <summary>Every way to stop passes here, a crash included: the cell goes before the next incarnation can come.</summary>
    protected override void PostStop()
    {
        if (_cell is not null && node.LiveKeys.Remove(_cell) && _stop is { ForHandOff: true })
        {
            node.Ownership.Tell(new ShardUnused(_cell.Shard));
        }
    }

    private void Accept(Asked asked)
    {
        var request = asked.Message;
        if (_cell is null && !TryBegin(asked))
        {
            return;
        }

        if (!_cell!.Key.Equals(request.Key))
        {
            // Two keys with one entity id: as likely as a collision of SHA-256, and never answered with the other's value.
            node.Log.WrongKey(_cell.Key.Text, request.Key.Text);
            Reply(asked, Refusal(RefusalReason.Stopping));
            return;
        }

        _cell.Touch();
        if (_stop is not null)
        {
            Reply(asked, Refusal(RefusalReason.Stopping));
        }
        else if (_phase == Phase.Ready)
        {
            Decide(asked, afterRenewal: false);
        }
        else if (request is GetValue { AllowStale: true } get && _cell.TryRead(out var committed))
        {
            Reply(asked, node.Decisions.Read(committed.State, get.Precondition, stale: true));
        }
        else
        {
            Park(asked);
            if (_phase == Phase.Empty)
            {
                Acquire();
            }
        }
    }

    private bool TryBegin(Asked first)
    {
        var key = first.Message.Key;
        var cell = new KeyCell(key, node.ShardOf(key), Self);
        if (node.LiveKeys.TryAdd(cell))
        {
            _cell = cell;
            return true;
        }

        Reply(first, Refusal(RefusalReason.NodeFull));
        Context.Parent.Tell(new Passivate(StopKey.Passivated));
        return false;
    }

    /// <summary>
    /// Step 6 of a request's path. A read takes the committed state first and asks for the standing of its epoch then, never
    /// the other way round; a refused guard is a read of the state that it was judged against.
    /// </summary>
    private void Decide(Asked asked, bool afterRenewal)
    {
        if (asked.Message.Context.Deadline.IsPast(node.Time))
        {
            // Its caller was answered already; executed now it would be a write out of nowhere.
            node.Log.Expired(_cell!.Key.Text, asked.Message.Context.RequestId);
            return;
        }

        var get = asked.Message as GetValue;
        var state = get is null && Writes is not null ? Writes.Tip : _cell!.State;
        var standing = node.Leases.Check(_cell!.Shard, _cell.Epoch);
        if (get is not null)
        {
            if (standing == LeaseStanding.Valid || get.AllowStale)
            {
                Reply(asked, node.Decisions.Read(state, get.Precondition, stale: standing != LeaseStanding.Valid));
            }
            else
            {
                WaitForProof(asked, standing, afterRenewal);
            }

            return;
        }

        if (standing == LeaseStanding.Lost)
        {
            WaitForProof(asked, standing, afterRenewal);
            return;
        }

        if (Writes?.Count >= node.Limits.MaxQueuedPerKey)
        {
            Reply(asked, TooManyOnKey());
            return;
        }

        var (written, reply) = node.Decisions.Decide(state, asked.Message);
        if (written is { } next)
        {
            (Writes ??= new PendingWrites(state)).Add(asked, next, reply);
            SendNext();
        }
        else if (Writes is not null)
        {
            Writes.AddRead(asked, reply);
        }
        else if (standing == LeaseStanding.Valid)
        {
            Reply(asked, reply);
        }
        else
        {
            WaitForProof(asked, standing, afterRenewal);
        }
    }

    private void OnStop(StopKey stop)
    {
        _stop = stop;
        Leave();
        RefuseParked(RefusalReason.Stopping);
        foreach (var waiter in Writes?.TakeNext() ?? [])
        {
            Reply(waiter.Asked, Refusal(RefusalReason.Stopping));
        }

        StopIfDone();
    }

    private void StopIfDone()
    {
        if (_stop is not null && Writes?.Row is null)
        {
            Context.Stop(Self);
        }
    }

    private void Leave()
    {
        if (_cell is not null)
        {
            _cell.IsLeaving = true;
        }
    }

    private void PassivateIfIdle()
    {
        if (_stop is null && IsIdle)
        {
            Leave();
            Context.Parent.Tell(new Passivate(StopKey.Passivated));
        }
    }

    private Refused Refusal(RefusalReason reason, string? failedNode = null) => new(reason, failedNode, node.NodeName);

    private Busy TooManyOnKey() => new(
        $"{node.Limits.MaxQueuedPerKey} requests wait on this key already (KvStore:Limits:MaxQueuedPerKey).", node.NodeName);

    /// <summary>Without a sender: the actor's path would travel along with each remote reply.</summary>
    private static void Reply(Asked asked, KeyReply reply)
    {
        KeySpans.End(asked.Span, reply);
        asked.ReplyTo.Tell(reply, ActorRefs.NoSender);
    }
}
