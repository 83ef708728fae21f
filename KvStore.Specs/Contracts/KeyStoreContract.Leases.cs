using KvStore.Node.Storage;

namespace KvStore.Specs.Contracts;

public abstract partial class KeyStoreContract
{
    [SkippableFact]
    public async Task A_registered_node_is_in_the_directory_with_counter_0()
    {
        Assert.Equal([Node(A), Node(B)], (await Store.ReadNodesAsync(default)).AsEnumerable());
    }

    [SkippableFact]
    public async Task A_renewal_raises_the_counter_and_lists_leases_and_nodes()
    {
        var epoch = await AcquireAsync(A, 5);
        var first = await Store.RenewAsync(A);
        var second = await Store.RenewAsync(A);
        Assert.Equal(1, first!.MyCounter);
        Assert.Equal(2, second!.MyCounter);
        Assert.Equal(Shards, second.Leases.Length);
        Assert.Equal(new LeaseRow(5, epoch, A), second.Leases.Single(lease => lease.Holder is not null));
        Assert.Equal([Node(A) with { Counter = 2 }, Node(B)], second.Nodes.AsEnumerable());
        Assert.Equal(first.Incarnation, second.Incarnation);
        Assert.NotEmpty(second.Incarnation);
    }

    [SkippableFact]
    public async Task A_node_that_announces_itself_is_a_member_for_all()
    {
        await Store.AnnounceAsync(A, "http://a:1");
        await Store.AnnounceAsync("node-x", "http://x:1");

        Assert.Equal([Node(A) with { HttpAddress = "http://a:1" }, Node(B)], (await Store.ReadNodesAsync(default)).AsEnumerable());
        Assert.Equal([Node(A) with { HttpAddress = "http://a:1" }, Node(B) with { Counter = 1 }], (await Store.RenewAsync(B))!.Nodes.AsEnumerable());
    }

    [SkippableFact]
    public async Task A_renewal_of_a_node_without_a_row_gives_nothing()
    {
        Assert.Null(await Store.RenewAsync("node-x"));
        await Store.ForgetNodeAsync(B, 0);
        Assert.Null(await Store.RenewAsync(B));
    }

    [SkippableFact]
    public async Task A_free_shard_goes_to_whoever_asks_and_its_own_holder_gets_it_anew_with_a_higher_epoch()
    {
        Assert.Equal(1, await AcquireAsync(A, 0));
        Assert.Equal(2, await AcquireAsync(A, 0));
        Assert.Equal(new ShardHolder(new LeaseRow(0, 2, A), Node(A)), await Store.LookAsync(0));
        Assert.Equal(1, await AcquireAsync(A, 1));
    }

    [SkippableFact]
    public async Task A_shard_whose_holder_has_renewed_since_is_refused_and_the_answer_says_what_was_found()
    {
        await AcquireAsync(A, 0);
        await Store.RenewAsync(A);
        var refused = Assert.IsType<AcquireResult.Refused>(await Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 0)));
        Assert.Equal(new ShardHolder(new LeaseRow(0, 1, A), Node(A) with { Counter = 1 }), refused.Found);
        Assert.IsType<AcquireResult.Refused>(await Store.AcquireAsync(new AcquireRequest(0, B, "node-x", HolderCounter: 1)));
        Assert.IsType<AcquireResult.Refused>(await Store.AcquireAsync(new AcquireRequest(0, B, null, HolderCounter: 1)));
        Assert.Equal(A, (await Store.LookAsync(0)).Lease.Holder);
    }

    [SkippableFact]
    public async Task A_shard_whose_holder_stands_still_is_taken_over()
    {
        await AcquireAsync(A, 0);
        await Store.RenewAsync(A);
        Assert.Equal(new AcquireResult.Acquired(2), await Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 1)));
        Assert.Equal(B, (await Store.LookAsync(0)).Lease.Holder);
    }

    [SkippableFact]
    public async Task A_shard_whose_holder_has_no_row_is_taken_over_with_counter_minus_1()
    {
        await AcquireAsync(A, 0);
        await _harness.ExecuteAsync(_connectionString, $"delete from node where node_id = '{A}'");
        Assert.Null((await Store.LookAsync(0)).Node);
        Assert.IsType<AcquireResult.Refused>(await Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: 0)));
        Assert.Equal(new AcquireResult.Acquired(2), await Store.AcquireAsync(new AcquireRequest(0, B, A, HolderCounter: -1)));
    }

    [SkippableFact]
    public async Task A_node_without_a_row_acquires_nothing()
    {
        Assert.IsType<AcquireResult.Refused>(await Store.AcquireAsync(new AcquireRequest(0, "node-x", null, 0)));
        Assert.Equal(new LeaseRow(0, 0, null), (await Store.LookAsync(0)).Lease);
    }

    [SkippableFact]
    public async Task A_release_counts_only_with_the_epoch_that_is_held()
    {
        var old = await AcquireAsync(A, 0);
        var epoch = await AcquireAsync(A, 0);
        var other = await AcquireAsync(A, 1);
        await Store.ReleaseAsync(A, [new HeldEpoch(0, old), new HeldEpoch(1, other)]);
        Assert.Equal(new LeaseRow(0, epoch, A), (await Store.LookAsync(0)).Lease);
        Assert.Equal(new LeaseRow(1, other, null), (await Store.LookAsync(1)).Lease);
        await Store.ReleaseAsync(B, [new HeldEpoch(0, epoch)]);
        Assert.Equal(A, (await Store.LookAsync(0)).Lease.Holder);
        await Store.ReleaseAsync(A, [new HeldEpoch(0, epoch)]);
        Assert.Null((await Store.LookAsync(0)).Lease.Holder);
        Assert.Equal(epoch + 1, await AcquireAsync(B, 0));
    }

    [SkippableFact]
    public async Task Unregistering_releases_everything_and_removes_the_row()
    {
        await AcquireAsync(A, 0);
        await AcquireAsync(A, 1);
        await AcquireAsync(B, 2);
        await Store.UnregisterAsync(A);
        Assert.Equal([Node(B)], (await Store.ReadNodesAsync(default)).AsEnumerable());
        Assert.Null((await Store.LookAsync(0)).Lease.Holder);
        Assert.Null((await Store.LookAsync(1)).Lease.Holder);
        Assert.Equal(B, (await Store.LookAsync(2)).Lease.Holder);
    }

    [SkippableFact]
    public async Task A_node_that_holds_a_shard_is_not_forgotten()
    {
        var epoch = await AcquireAsync(A, 0);
        await Store.ForgetNodeAsync(A, 0);
        Assert.Contains(Node(A), (await Store.ReadNodesAsync(default)).AsEnumerable());
        await Store.ReleaseAsync(A, [new HeldEpoch(0, epoch)]);
        await Store.ForgetNodeAsync(A, 0);
        Assert.DoesNotContain(Node(A), (await Store.ReadNodesAsync(default)).AsEnumerable());
    }

    [SkippableFact]
    public async Task A_node_that_registers_again_goes_on_counting()
    {
        await Store.RenewAsync(A);
        await Store.ForgetNodeAsync(A, 1);
        Assert.Null(await Store.RenewAsync(A));
        await Store.RegisterAsync(Node(A) with { Counter = 1 }, default);
        Assert.Contains(Node(A) with { Counter = 1 }, (await Store.ReadNodesAsync(default)).AsEnumerable());
        Assert.Equal(2, (await Store.RenewAsync(A))!.MyCounter);
    }

    [SkippableFact]
    public async Task A_node_whose_counter_has_moved_is_not_forgotten()
    {
        await Store.RenewAsync(A);
        await Store.ForgetNodeAsync(A, 0);
        await Store.ForgetNodeAsync(A, 2);
        Assert.Contains(Node(A) with { Counter = 1 }, (await Store.ReadNodesAsync(default)).AsEnumerable());
        await Store.ForgetNodeAsync(A, 1);
        Assert.Equal([Node(B)], (await Store.ReadNodesAsync(default)).AsEnumerable());
    }

    [SkippableFact]
    public async Task Of_many_that_ask_for_one_shard_at_once_exactly_one_takes_it_over()
    {
        await AcquireAsync(A, 0);
        string[] nodes = [.. Enumerable.Range(0, 8).Select(number => $"taker-{number}")];
        foreach (var node in nodes)
        {
            await Store.RegisterAsync(Node(node), default);
        }

        var results = await Task.WhenAll(nodes.Select(node => Store.AcquireAsync(new AcquireRequest(0, node, A, 0))));
        Assert.Equal(2, Assert.Single(results.OfType<AcquireResult.Acquired>()).Epoch);
    }

    [SkippableFact]
    public async Task A_living_node_is_never_known_to_be_dead()
    {
        Assert.False(Store.IsKnownDead(A));
        Assert.False(Store.IsKnownDead("node-x"));
        await Store.UnregisterAsync(A);
        Assert.False(Store.IsKnownDead(A));
    }
}
