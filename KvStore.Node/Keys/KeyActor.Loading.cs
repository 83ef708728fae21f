using Akka.Actor;
using KvStore.Messages.Protocol;
using KvStore.Node.Diagnostics;
using KvStore.Node.Ownership;

namespace KvStore.Node.Keys;

/// <content>Step 5 of a request's path, the way to a cell: hold the shard, wait until no row of the key is under way, read the row.</content>
public sealed partial class KeyActor
{
    /// <summary>Tells the load that is under way from earlier ones, also of an incarnation that crashed.</summary>
    private object? _load;

    private void Acquire()
    {
        if (node.Leases.EpochOf(_cell!.Shard) is not null)
        {
            Load(owned: true);
            return;
        }

        _phase = Phase.Acquiring;
        node.Ownership.Tell(new HoldShard(_cell.Shard));
    }

    /// <summary>The epoch is lost: what is remembered is void, and what waits wants it anew.</summary>
    private void Reload()
    {
        _cell!.Forget();
        _phase = Phase.Empty;
        if (_parked is not null)
        {
            Acquire();
        }
    }

    private void OnShardRefused(ShardRefused refused)
    {
        var reason = refused.StoreFailed ? RefusalReason.StoreUnavailable : RefusalReason.OwnershipMoving;
        var stale = _parked?.Where(asked => asked.Message is GetValue { AllowStale: true }).ToList() ?? [];
        _parked?.RemoveAll(stale.Contains);
        RefuseParked(reason, refused.Holder);
        if (stale.Count > 0 && !refused.StoreFailed)
        {
            // Who asked for a stale answer gets the stored row, whoever holds the shard.
            _parked = stale;
            Load(owned: false);
            return;
        }

        _parked = stale.Count > 0 ? stale : null;
        RefuseParked(reason);
        _phase = Phase.Empty;
        PassivateIfIdle();
    }

    private void Load(bool owned)
    {
        _phase = Phase.Loading;
        _load = new object();
        LoadAsync(node, _cell!, _load, owned).PipeTo(Self);
    }

    private static async Task<KeyLoaded> LoadAsync(KeyActorContext node, KeyCell cell, object load, bool owned)
    {
        long? epoch = null;
        try
        {
            if (owned)
            {
                await node.Writer.WhenFree(cell.Key).ConfigureAwait(false);

                // As it is held when the load is sent, not when its answer comes: in between the shard may change hands twice.
                epoch = node.Leases.EpochOf(cell.Shard);
                if (epoch is null)
                {
                    return new KeyLoaded(load, null, new LoadResult.NotHeld());
                }
            }

            var row = await node.Store.LoadAsync(cell.Shard, cell.Key).ConfigureAwait(false);
            return new KeyLoaded(load, epoch, new LoadResult.Row(row));
        }
        catch (Exception fault)
        {
            return new KeyLoaded(load, epoch, new LoadResult.Failed(fault));
        }
    }

    private void OnLoaded(KeyLoaded loaded)
    {
        if (loaded.Load != _load || _phase != Phase.Loading)
        {
            return;
        }

        switch (loaded.Result)
        {
            case LoadResult.Row(var row):
                var state = row is null ? KeyState.NoRow : new KeyState(row.Version, row.Value);
                if (loaded.Epoch is { } epoch)
                {
                    _cell!.Commit(new Committed(state, epoch));
                    _phase = Phase.Ready;
                    Resume();
                    if (state.IsAbsent)
                    {
                        PassivateIfIdle();
                    }
                }
                else
                {
                    AnswerStale(state);
                }

                break;

            case LoadResult.NotHeld:
                _phase = Phase.Empty;
                Acquire();
                break;

            case LoadResult.Failed(var cause):
                node.Log.LoadFailed(node.LoadFaults.NextLevel(cause), _cell!.Key.Text, cause);
                _phase = Phase.Empty;
                RefuseParked(RefusalReason.StoreUnavailable);
                PassivateIfIdle();
                break;
        }
    }

    private void AnswerStale(KeyState state)
    {
        var parked = _parked ?? [];
        _parked = null;
        _phase = Phase.Empty;
        foreach (var asked in parked)
        {
            Reply(asked, asked.Message is GetValue { AllowStale: true } get
                ? node.Decisions.Read(state, get.Precondition, stale: true)
                : Refusal(RefusalReason.OwnershipMoving));
        }

        PassivateIfIdle();
    }
}
