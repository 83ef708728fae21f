using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Storage;

public sealed class GroupCommitWriterSpecs : TestKit, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly List<PendingRow> _taken = [];
    private KeyNode _node = null!;

    public async Task InitializeAsync() => _node = await StartAsync(new StorageOptions());

    async Task IAsyncLifetime.DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Rows_that_queue_up_during_a_commit_share_the_next_one()
    {
        using var held = new HeldCommits(_node.Store);
        Enqueue(_node, "first");
        await held.Arrived;
        for (var i = 0; i < 100; i++)
        {
            Enqueue(_node, $"key-{i}");
        }

        held.Release();

        await ExpectFatesAsync(101, RowFate.Applied);
        Assert.Equal(2, _node.Writer.Commits);
        Assert.Equal(0, _node.Writer.QueuedRows);
    }

    [Fact]
    public async Task Who_comes_first_after_a_crowd_waits_for_half_of_it()
    {
        await using var node = await StartAsync(new StorageOptions(), Patience);
        await CommitCrowdAsync(node, 8);
        using var held = new HeldCommits(node.Store);
        for (var i = 0; i < 3; i++)
        {
            Enqueue(node, $"early-{i}");
        }

        var commit = held.Arrived;
        await Task.WhenAny(commit, Task.Delay(50));
        Assert.False(commit.IsCompleted);
        Enqueue(node, "enough");
        await commit;
        held.Release();

        await ExpectFatesAsync(4, RowFate.Applied);
        Assert.Equal(3, node.Writer.Commits);
    }

    [Fact]
    public async Task A_crowd_that_does_not_come_back_is_waited_for_no_longer_than_the_bound()
    {
        await using var node = await StartAsync(new StorageOptions(), TimeSpan.FromMilliseconds(100));
        await CommitCrowdAsync(node, 8);
        Enqueue(node, "alone");
        await ExpectFatesAsync(1, RowFate.Applied);
    }

    [Fact]
    public async Task One_bad_row_does_not_fail_its_neighbours()
    {
        using var held = new HeldCommits(_node.Store);
        Enqueue(_node, "first");
        await held.Arrived;
        foreach (var name in new[] { "a", "b", "bad", "c", "d" })
        {
            Enqueue(_node, name);
        }

        _node.Store.OnCommit = (rows, commit) => rows.Any(row => row.Key.Text == "bad")
            ? Task.FromResult<CommitResult>(new CommitResult.Failed(new InvalidOperationException("a bad row")))
            : commit();
        held.Release();

        var fates = await ReceiveFatesAsync(6);
        Assert.Equal(RowFate.Rejected, fates["bad"]);
        Assert.All(fates.Where(fate => fate.Key != "bad"), fate => Assert.Equal(RowFate.Applied, fate.Value));
    }

    [Fact]
    public async Task A_store_that_is_not_there_rejects_the_batch_without_being_asked_for_each_row()
    {
        var commits = 0;
        _node.Store.OnCommit = (_, _) =>
        {
            commits++;
            return Task.FromResult<CommitResult>(new CommitResult.Failed(new StoreUnavailableException("gone")));
        };
        var rows = Enumerable.Range(0, 50).Select(i => Enqueue(_node, $"key-{i}")).ToList();

        await ExpectFatesAsync(rows.Count, RowFate.Rejected);

        Assert.InRange(commits, 1, rows.Count / 2);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more_and_frees_what_it_refused()
    {
        await using var small = await StartAsync(new StorageOptions { MaxQueuedRows = 2 });
        using var held = new HeldCommits(small.Store);
        Assert.True(TryEnqueue(small, "a", out _));
        Assert.True(TryEnqueue(small, "b", out _));

        Assert.False(TryEnqueue(small, "c", out _));

        held.Release();
        await ExpectFatesAsync(2, RowFate.Applied);
        Assert.True(TryEnqueue(small, "c", out _));
    }

    [Fact]
    public async Task Rows_that_were_refused_leave_the_bound_of_bytes_as_it_was()
    {
        await using var small = await StartAsync(new StorageOptions { MaxQueuedRows = 1, MaxQueuedBytes = 100 });
        using var held = new HeldCommits(small.Store);
        Assert.True(TryEnqueue(small, "a", out _));
        for (var i = 0; i < 50; i++)
        {
            Assert.False(TryEnqueue(small, $"refused-{i}", out _, new string('x', 50)));
        }

        Assert.Equal(1, small.Writer.QueuedRows);
        Assert.InRange(small.Writer.QueuedBytes, 1, 10);
    }

    [Fact]
    public async Task Bytes_in_the_queue_are_bounded_but_one_row_always_passes()
    {
        await using var small = await StartAsync(new StorageOptions { MaxQueuedBytes = 10 });
        using var held = new HeldCommits(small.Store);
        Assert.True(TryEnqueue(small, "a", out _, new string('x', 50)));

        Assert.False(TryEnqueue(small, "b", out _, new string('x', 50)));
    }

    [Fact]
    public async Task A_row_is_under_way_until_its_fate_is_told()
    {
        using var held = new HeldCommits(_node.Store);
        var row = Enqueue(_node, "a");
        await held.Arrived;
        var free = _node.Writer.WhenFree(row.Write.Key);

        Assert.False(free.IsCompleted);
        Assert.Equal(1, _node.Writer.RowsOf(row.Write.Shard));

        held.Release();
        await free.WaitAsync(Patience);
        Assert.Equal(0, _node.Writer.RowsOf(row.Write.Shard));
        Assert.False(_node.Writer.HasRow(row.Write.Key));
    }

    [Fact]
    public async Task A_settle_is_tried_until_the_store_answers_and_nothing_is_written_meanwhile()
    {
        var failures = 3;
        _node.Store.OnSettle = () => failures-- > 0 ? throw new StoreUnavailableException("gone") : Task.CompletedTask;
        _node.Store.OnCommit = async (_, commit) =>
        {
            _node.Store.OnCommit = null;
            await commit();
            return new CommitResult.Unknown(new TimeoutException());
        };
        Enqueue(_node, "a");
        Enqueue(_node, "b");

        await ExpectFatesAsync(1, RowFate.Applied);
        Assert.Equal(-1, failures);
    }

    [Fact]
    public async Task A_store_that_throws_instead_of_answering_is_settled_too()
    {
        _node.Store.OnCommit = (_, _) =>
        {
            _node.Store.OnCommit = null;
            throw new InvalidOperationException("a bug");
        };
        Enqueue(_node, "a");

        // Settling shows that nothing was written, so the key may be decided anew.
        await ExpectFatesAsync(1, RowFate.Superseded);
    }

    /// <summary>
    /// A node that holds every shard, in its first epoch. Held by way of its ownership actor: what the store alone listed for
    /// the node would be given back at the actor's next renewal.
    /// </summary>
    private async Task<KeyNode> StartAsync(StorageOptions storage, TimeSpan? mostGathering = null)
    {
        // A shard without a live key is given back after a third of it, and no key lives here.
        storage.LeaseTtl = TimeSpan.FromMinutes(5);
        var node = await KeyNode.StartAsync(Sys, storage: storage, mostGathering: mostGathering);
        await node.Ownership.Ask<RenewalDone>(RenewNow.Instance, Patience);
        for (var shard = 0; shard < KeyNode.Shards; shard++)
        {
            await node.Ownership.Ask<ShardHeld>(new HoldShard(shard), Patience);
            Assert.Equal(1, node.Leases.EpochOf(shard));
        }

        return node;
    }

    /// <summary>Has a row committed, and then so many at once.</summary>
    private async Task CommitCrowdAsync(KeyNode node, int rows)
    {
        using var held = new HeldCommits(node.Store);
        Enqueue(node, "first");
        await held.Arrived;
        for (var i = 0; i < rows; i++)
        {
            Enqueue(node, $"crowd-{i}");
        }

        held.Release();
        await ExpectFatesAsync(rows + 1, RowFate.Applied);
        _taken.Clear();
    }

    private PendingRow Enqueue(KeyNode node, string name)
    {
        Assert.True(TryEnqueue(node, name, out var row));
        return row;
    }

    private bool TryEnqueue(KeyNode node, string name, out PendingRow row, string text = "")
    {
        var key = Key.Parse(name);
        row = new PendingRow(
            new RowWrite(key, ShardMap.ShardOf(key, KeyNode.Shards), 1, KeyVersion.None, new KeyVersion(1), JsonText.Of($"\"{text}\"")), TestActor);
        var isTaken = node.Writer.TryEnqueue(row);
        if (isTaken)
        {
            _taken.Add(row);
        }

        return isTaken;
    }

    private async Task ExpectFatesAsync(int count, RowFate fate) =>
        Assert.All((await ReceiveFatesAsync(count)).Values, told => Assert.Equal(fate, told));

    private async Task<Dictionary<string, RowFate>> ReceiveFatesAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await ExpectMsgAsync<RowDone>(Patience);
        }

        // The writer ends rows in the order in which it took them.
        var done = _taken.Where(row => row.IsDone).Take(count).ToList();
        Assert.Equal(count, done.Count);
        Assert.All(done, row => Assert.True(row.WhenDone().IsCompletedSuccessfully));
        return done.ToDictionary(row => row.Write.Key.Text, row => row.Fate);
    }
}
