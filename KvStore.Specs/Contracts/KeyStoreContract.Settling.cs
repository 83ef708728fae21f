using KvStore.Node.Storage;

namespace KvStore.Specs.Contracts;

public abstract partial class KeyStoreContract
{
    [SkippableFact]
    public async Task Settling_raises_the_epoch_and_tells_what_became_of_each_row()
    {
        var epoch = await AcquireAsync(A, 0);
        await CommitAsync(
            A,
            Row("applied", 0, epoch, 0, 1, "1"),
            Row("deleted", 0, epoch, 0, 4, null),
            Row("older", 0, epoch, 0, 1, "1"),
            Row("else", 0, epoch, 0, 9, "9"));
        var settled = Assert.IsType<SettleResult.Settled>(await Store.SettleAsync(
            A,
            0,
            epoch,
            [
                Row("applied", 0, epoch, 0, 1, "1"), Row("deleted", 0, epoch, 3, 4, null), Row("older", 0, epoch, 1, 2, "2"),
                Row("never", 0, epoch, 0, 1, "1"), Row("else", 0, epoch, 1, 2, "2"), Row("gone", 0, epoch, 5, 6, "6"),
            ]));
        Assert.Equal(epoch + 1, settled.Epoch);
        Assert.Equal(
            [SettledRow.Applied, SettledRow.Applied, SettledRow.NotApplied, SettledRow.NotApplied, SettledRow.Unknown, SettledRow.Unknown],
            settled.Rows.AsEnumerable());
        Assert.Equal(new LeaseRow(0, epoch + 1, A), (await Store.LookAsync(0)).Lease);
    }

    [SkippableFact]
    public async Task Settling_again_raises_nothing_more_and_gives_the_same_verdicts()
    {
        var epoch = await AcquireAsync(A, 0);
        await CommitAsync(A, Row("k", 0, epoch, 0, 1, "1"));
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var settled = Assert.IsType<SettleResult.Settled>(await Store.SettleAsync(A, 0, epoch, [Row("k", 0, epoch, 0, 1, "1")]));
            Assert.Equal(epoch + 1, settled.Epoch);
            Assert.Equal([SettledRow.Applied], settled.Rows.AsEnumerable());
        }
    }

    [SkippableFact]
    public async Task Once_settled_the_batch_can_take_effect_no_more()
    {
        var epoch = await AcquireAsync(A, 0);
        var lost = Row("k", 0, epoch, 0, 1, "1");
        var settled = Assert.IsType<SettleResult.Settled>(await Store.SettleAsync(A, 0, epoch, [lost]));
        Assert.Equal([SettledRow.NotApplied], settled.Rows.AsEnumerable());
        Assert.Equal([RowOutcome.Fenced], await CommitAsync(A, lost));
        Assert.Null(await LoadAsync(0, "k"));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, lost with { Epoch = settled.Epoch }));
    }

    /// <summary>Versions rise by one whoever writes, so the proposed version can be another's write.</summary>
    [SkippableFact]
    public async Task A_shard_that_moved_on_is_lost_even_where_the_proposed_version_is_there()
    {
        var epoch = await AcquireAsync(A, 0);
        var lost = Row("k", 0, epoch, 0, 1, "a");
        var taken = await TakeOverAsync(B, 0);
        await CommitAsync(B, lost with { Epoch = taken });
        Assert.IsType<SettleResult.Lost>(await Store.SettleAsync(A, 0, epoch, [lost]));

        await Store.ReleaseAsync(B, [new HeldEpoch(0, taken)]);
        Assert.IsType<SettleResult.Lost>(await Store.SettleAsync(A, 0, epoch, [lost]));

        var again = await AcquireAsync(A, 0);
        Assert.True(again > epoch + 1);
        Assert.IsType<SettleResult.Lost>(await Store.SettleAsync(A, 0, epoch, [lost]));
        Assert.Equal(new LeaseRow(0, again, A), (await Store.LookAsync(0)).Lease);
    }

    [SkippableFact]
    public async Task A_released_shard_is_not_taken_back_by_settling()
    {
        var epoch = await AcquireAsync(A, 0);
        await Store.ReleaseAsync(A, [new HeldEpoch(0, epoch)]);
        Assert.IsType<SettleResult.Lost>(await Store.SettleAsync(A, 0, epoch, [Row("k", 0, epoch, 0, 1, "1")]));
        Assert.Equal(new LeaseRow(0, epoch, null), (await Store.LookAsync(0)).Lease);
    }

    [SkippableFact]
    public async Task Old_tombstones_are_found_oldest_first_and_collected()
    {
        var epoch = await AcquireAsync(A, 0);
        await CommitAsync(A, Row("x-first", 0, epoch, 0, 2, null), Row("value", 0, epoch, 0, 1, "1"));
        await CommitAsync(A, Row("a-second", 0, epoch, 0, 4, null));
        await AssertLater(async () => (await Store.FindTombstonesAsync(0, TimeSpan.FromMilliseconds(1), 10)).Length == 2);
        var found = await Store.FindTombstonesAsync(0, TimeSpan.Zero, 10);
        Assert.Equal(["a-second", "x-first"], found.Select(tombstone => tombstone.Key.Text).Order(StringComparer.Ordinal));
        Assert.Equal([2L, 4L], found.Select(tombstone => tombstone.Version.Number).Order());
        Assert.Single(await Store.FindTombstonesAsync(0, TimeSpan.Zero, 1));
        Assert.Empty(await Store.FindTombstonesAsync(0, TimeSpan.FromHours(1), 10));
        Assert.Empty(await Store.FindTombstonesAsync(1, TimeSpan.Zero, 10));

        Assert.Equal(2, await Store.CollectTombstonesAsync(A, 0, epoch, found));
        Assert.Null(await LoadAsync(0, "x-first"));
        Assert.Equal(Stored(1, "1"), await LoadAsync(0, "value"));
        Assert.Equal([RowOutcome.Conflict], await CommitAsync(A, Row("x-first", 0, epoch, 2, 3, "3")));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("x-first", 0, epoch, 0, 1, "1")));
    }

    [SkippableFact]
    public async Task A_tombstone_that_changed_since_or_whose_shard_moved_is_not_collected()
    {
        var epoch = await AcquireAsync(A, 0);
        await CommitAsync(A, Row("alive", 0, epoch, 0, 2, null), Row("again", 0, epoch, 0, 2, null), Row("dead", 0, epoch, 0, 2, null));
        await AssertLater(async () => (await Store.FindTombstonesAsync(0, TimeSpan.Zero, 10)).Length == 3);
        var found = await Store.FindTombstonesAsync(0, TimeSpan.Zero, 10);
        await CommitAsync(A, Row("alive", 0, epoch, 2, 3, "3"), Row("again", 0, epoch, 2, 4, null));
        Assert.Equal(0, await Store.CollectTombstonesAsync(A, 0, epoch - 1, found));
        Assert.Equal(0, await Store.CollectTombstonesAsync(B, 0, epoch, found));
        Assert.Equal(1, await Store.CollectTombstonesAsync(A, 0, epoch, found));
        Assert.Equal(Stored(3, "3"), await LoadAsync(0, "alive"));
        Assert.Equal(Stored(4, null), await LoadAsync(0, "again"));
        Assert.Null(await LoadAsync(0, "dead"));
    }

    private protected static async Task AssertLater(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, "The condition did not come true in 20 s.");
            await Task.Delay(10);
        }
    }
}
