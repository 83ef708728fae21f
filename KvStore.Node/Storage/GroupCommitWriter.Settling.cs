using KvStore.Node.Diagnostics;

namespace KvStore.Node.Storage;

/// <content>
/// Settling. After a time-out or a lost connection the transaction may still be on its way, and could land after the actor
/// has loaded the old value anew. So before anybody learns anything, <see cref="IKeyStore.SettleAsync"/> raises the shard's
/// epoch, which fences the old transaction off, and then reads what it left. Until that worked, nothing else is written.
/// </content>
public sealed partial class GroupCommitWriter
{
    private async Task SettleAsync(IReadOnlyList<PendingRow> rows, Exception cause)
    {
        foreach (var group in rows.Where(row => !row.IsDone).GroupBy(row => (row.Write.Shard, row.Write.Epoch)).ToList())
        {
            var members = group.ToList();
            var verdicts = await SettleShardAsync(group.Key.Shard, group.Key.Epoch, members).ConfigureAwait(false);
            for (var i = 0; i < members.Count; i++)
            {
                Finish(members[i], verdicts?[i] switch
                {
                    SettledRow.Applied => RowFate.Applied,
                    SettledRow.NotApplied => RowFate.Superseded,
                    _ => RowFate.Unknown,
                }, cause);
            }
        }
    }

    /// <returns>A verdict a row, or null where the outcome stays unknown.</returns>
    private async Task<IReadOnlyList<SettledRow>?> SettleShardAsync(int shard, long epoch, List<PendingRow> rows)
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromMilliseconds(Math.Min(1_000, pause.TotalMilliseconds * 2)))
        {
            var validUntil = _leases.NodeValidUntil;
            switch (await TrySettleAsync(shard, epoch, rows).ConfigureAwait(false))
            {
                case SettleResult.Settled settled:
                    _leases.Settled(shard, epoch, settled.Epoch, validUntil);
                    _log.Settled(shard, epoch, settled.Epoch, rows.Count);
                    return settled.Rows;

                case SettleResult.Lost:
                    _leases.Fenced(shard, epoch);
                    _log.SettledElsewhere(shard, epoch, rows.Count);
                    return null;

                case SettleResult.Failed failed:
                    _log.SettleFailed(shard, epoch, failed.Cause);
                    break;
            }

            if (_stopping.IsCancellationRequested)
            {
                _leases.Drop(shard, epoch);
                return null;
            }

            await Task.Delay(pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<SettleResult> TrySettleAsync(int shard, long epoch, List<PendingRow> rows)
    {
        try
        {
            return await _store.SettleAsync(_nodeId, shard, epoch, WritesOf(rows)).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            return new SettleResult.Failed(fault);
        }
    }
}
