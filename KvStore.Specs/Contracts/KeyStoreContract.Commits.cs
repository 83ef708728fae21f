using System.Text;
using KvStore.Messages.Keys;
using KvStore.Node.Storage;

namespace KvStore.Specs.Contracts;

public abstract partial class KeyStoreContract
{
    [SkippableFact]
    public async Task Outcomes_stand_in_the_order_of_the_batch_and_a_refused_row_does_not_hold_up_its_neighbours()
    {
        var (one, two) = (await AcquireAsync(A, 1), await AcquireAsync(A, 2));
        await AcquireAsync(B, 3);
        await CommitAsync(A, Row("present", 1, one, 0, 1, "1"));
        var outcomes = await CommitAsync(
            A,
            Row("z-new", 2, two, 0, 1, "2"),
            Row("present", 1, one, 7, 8, "3"),
            Row("of-b", 3, 1, 0, 1, "4"),
            Row("old-epoch", 1, one - 1, 0, 1, "5"),
            Row("unheld", 4, 0, 0, 1, "6"),
            Row("a-new", 1, one, 0, 3, "7"));
        Assert.Equal(
            [RowOutcome.Applied, RowOutcome.Conflict, RowOutcome.Fenced, RowOutcome.Fenced, RowOutcome.Fenced, RowOutcome.Applied], outcomes);
        Assert.Equal(Stored(1, "2"), await LoadAsync(2, "z-new"));
        Assert.Equal(Stored(1, "1"), await LoadAsync(1, "present"));
        Assert.Equal(Stored(3, "7"), await LoadAsync(1, "a-new"));
        Assert.Null(await LoadAsync(3, "of-b"));
        Assert.Null(await LoadAsync(1, "old-epoch"));
        Assert.Null(await LoadAsync(4, "unheld"));
    }

    [SkippableFact]
    public async Task A_row_is_inserted_only_where_none_is_expected_and_replaced_only_where_the_version_is_the_expected_one()
    {
        var epoch = await AcquireAsync(A, 0);
        Assert.Equal([RowOutcome.Conflict], await CommitAsync(A, Row("k", 0, epoch, 1, 2, "vanished")));
        Assert.Null(await LoadAsync(0, "k"));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("k", 0, epoch, 0, 1, "1")));
        Assert.Equal([RowOutcome.Conflict], await CommitAsync(A, Row("k", 0, epoch, 0, 1, "again")));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("k", 0, epoch, 1, 5, "5")));
        Assert.Equal([RowOutcome.Conflict], await CommitAsync(A, Row("k", 0, epoch, 1, 2, "late")));
        Assert.Equal(Stored(5, "5"), await LoadAsync(0, "k"));
    }

    [SkippableFact]
    public async Task After_a_takeover_the_former_holder_writes_nothing_even_where_its_version_fits()
    {
        var epoch = await AcquireAsync(A, 0);
        await CommitAsync(A, Row("k", 0, epoch, 0, 1, "a"));
        var taken = await TakeOverAsync(B, 0);
        Assert.Equal([RowOutcome.Fenced, RowOutcome.Fenced], await CommitAsync(A, Row("k", 0, epoch, 1, 2, "a"), Row("l", 0, taken, 0, 1, "a")));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(B, Row("k", 0, taken, 1, 2, "b")));
        Assert.Equal(Stored(2, "b"), await LoadAsync(0, "k"));
    }

    [SkippableFact]
    public async Task A_tombstone_keeps_its_version_and_can_be_written_over()
    {
        var epoch = await AcquireAsync(A, 0);
        await CommitAsync(A, Row("k", 0, epoch, 0, 1, "1"));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("k", 0, epoch, 1, 2, null)));
        Assert.Equal(Stored(2, null), await LoadAsync(0, "k"));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("k", 0, epoch, 2, 3, "3")));
        Assert.Equal(Stored(3, "3"), await LoadAsync(0, "k"));
    }

    [SkippableFact]
    public async Task Values_of_1_MiB_come_back_byte_for_byte()
    {
        var epoch = await AcquireAsync(A, 0);
        string[] values = [.. Enumerable.Range(0, 4).Select(number => $"\"{new string((char)('a' + number), (1 << 20) - 2)}\"")];
        Assert.All(
            await CommitAsync(A, [.. values.Select((value, number) => Row($"big-{number}", 0, epoch, 0, 1, value))]),
            outcome => Assert.Equal(RowOutcome.Applied, outcome));
        for (var number = 0; number < values.Length; number++)
        {
            Assert.Equal(Stored(1, values[number]), await LoadAsync(0, $"big-{number}"));
        }
    }

    [SkippableFact]
    public async Task A_batch_of_1000_rows_over_all_shards_is_one_transaction()
    {
        var epochs = new long[Shards];
        for (var shard = 0; shard < Shards; shard++)
        {
            epochs[shard] = await AcquireAsync(A, shard);
        }

        // Backwards, so that neither keys nor shards come in their order.
        RowWrite[] Rows(int expected) =>
        [
            .. Enumerable.Range(0, 1_000).Reverse().Select(n => Row($"key-{n}", n % Shards, epochs[n % Shards], expected, expected + 1, $"{n}")),
        ];
        Assert.All(await CommitAsync(A, Rows(0)), outcome => Assert.Equal(RowOutcome.Applied, outcome));
        Assert.All(await CommitAsync(A, Rows(1)), outcome => Assert.Equal(RowOutcome.Applied, outcome));
        Assert.All(await CommitAsync(A, Rows(1)), outcome => Assert.Equal(RowOutcome.Conflict, outcome));
        Assert.Equal(1_000, (await Store.CountKeysAsync(default)).Sum());
        Assert.Equal(Stored(2, "999"), await LoadAsync(999 % Shards, "key-999"));
    }

    [SkippableFact]
    public async Task An_empty_batch_is_committed() => Assert.Empty(await CommitAsync(A));

    [SkippableTheory]
    [InlineData("'; drop table kv; --")]
    [InlineData("100% \"quoted\" _ \\ {0} $1 ?1")]
    [InlineData("a/b c+d&e=f")]
    [InlineData("\U0001F600 and \uE000 and \U0010FFFF")]
    [InlineData("e\u0301 is not \u00E9")]
    [InlineData("NULL")]
    public async Task Any_key_is_stored_as_it_is(string key)
    {
        var epoch = await AcquireAsync(A, 0);
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row(key, 0, epoch, 0, 1, "1")));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row(key, 0, epoch, 1, 2, "\"ü\"")));
        Assert.Equal(Stored(2, "\"ü\""), await LoadAsync(0, key));
        Assert.Null(await LoadAsync(0, key.ToUpperInvariant() + "x"));
        Assert.Null(await LoadAsync(1, key));
        Assert.Equal([key], (await PagesAsync(0)).Single().Keys.Select(listed => listed.Key));
        var settled = await Store.SettleAsync(A, 0, epoch, [Row(key, 0, epoch, 1, 2, "x")]);
        Assert.Equal([SettledRow.Applied], Assert.IsType<SettleResult.Settled>(settled).Rows.AsEnumerable());
    }

    [SkippableFact]
    public async Task The_longest_key_fits()
    {
        var epoch = await AcquireAsync(A, 0);
        var key = string.Concat(Enumerable.Repeat("\U0001F600", Limits.MaxKeyBytes / 4));
        Assert.Equal(Limits.MaxKeyBytes, Encoding.UTF8.GetByteCount(key));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row(key, 0, epoch, 0, 1, "1")));
        Assert.Equal(Stored(1, "1"), await LoadAsync(0, key));
    }

    [SkippableFact]
    public async Task A_batch_that_the_engine_refuses_has_failed_as_a_whole_and_the_next_one_goes_through()
    {
        var epoch = await AcquireAsync(A, 0);
        await _harness.ForbidAsync(_connectionString, "forbidden");
        Assert.IsType<CommitResult.Failed>(await Store.CommitAsync(A, [Row("good", 0, epoch, 0, 1, "1"), Row("forbidden", 0, epoch, 0, 1, "1")]));
        Assert.Null(await LoadAsync(0, "good"));
        Assert.Null(await LoadAsync(0, "forbidden"));
        Assert.Equal([RowOutcome.Applied], await CommitAsync(A, Row("good", 0, epoch, 0, 1, "1")));
    }
}
