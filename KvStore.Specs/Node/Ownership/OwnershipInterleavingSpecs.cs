using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Keys;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Ownership;

/// <summary>
/// Counter-examples that the model of the protocol gives where a rule is dropped (<c>KvStore.Specs/OwnershipModel</c>), played
/// on the real actors and a real store: a message is held where the trace delays it.
/// </summary>
public sealed class OwnershipInterleavingSpecs : TestKit, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Key Subject = Key.Parse("subject");
    private static readonly int Shard = ShardMap.ShardOf(Subject, KeyNode.Shards);
    private KeyNode _node = null!;

    public async Task InitializeAsync() =>
        _node = await KeyNode.StartAsync(Sys, storage: new StorageOptions { LeaseTtl = TimeSpan.FromSeconds(1.5) });

    async Task IAsyncLifetime.DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task An_acquisition_that_was_dropped_adds_nothing_to_a_later_one()
    {
        // The first acquisition gets epoch 1, and its answer is under way while everything is dropped and epoch 1 is released.
        var first = new Held(hook => _node.Store.OnAcquired = hook);
        var dropped = Ask(_node.StartKey(), Get());
        await first.Arrived;
        _node.Store.OnRenew = () => throw new StoreRefusedException("fsync", "The server has fsync=off.");
        _node.Ownership.Tell(RenewNow.Instance);
        Assert.IsType<Refused>(await dropped);
        _node.Store.OnRenew = null;
        await Eventually.HoldsAsync("the node is valid again", Patience, () => _node.Leases.IsNodeValid);
        await Eventually.HoldsAsync("epoch 1 is released", Patience, async _ => (await _node.Store.LookAsync(Shard)).Lease.Holder is null);

        // The second one has looked, and is overtaken by another node.
        var second = new Held(hook => _node.Store.OnAcquire = hook);
        var read = Ask(_node.StartKey(), Get());
        await second.Arrived;
        await _node.LoseAsync(Shard);
        first.Release();

        await Assert.ThrowsAsync<TimeoutException>(() => read.WaitAsync(TimeSpan.FromSeconds(0.3)));
        Assert.Null(_node.Leases.EpochOf(Shard));
        second.Release();
        Assert.Equal(RefusalReason.OwnershipMoving, Assert.IsType<Refused>(await read).Reason);
    }

    [Fact]
    public async Task A_shard_that_is_being_released_is_not_read_any_more()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        var release = new Held(hook => _node.Store.OnRelease = hook);
        actor.Tell(StopKey.HandOff);
        await release.Arrived;
        Assert.Null(_node.Leases.EpochOf(Shard));

        // The key comes back before the release is executed: under another epoch, which the release does not name.
        Assert.IsType<Found>(await Ask(_node.StartKey(), Get()));
        release.Release();

        await Eventually.HoldsAsync("the release is executed", Patience, () => release.HasGone);
        var renewed = await _node.Store.LookAsync(Shard);
        Assert.Equal((2, _node.Self.NodeId), (renewed.Lease.Epoch, renewed.Lease.Holder));
        Assert.Equal(LeaseStanding.Valid, _node.Leases.Check(Shard, 2));
    }

    [Fact]
    public async Task A_load_that_was_under_way_while_the_shard_was_lost_and_won_again_is_void()
    {
        // A load under epoch 1 has read that there is nothing, and its answer is under way.
        var load = new Held(hook => _node.Store.OnLoaded = hook);
        var read = Ask(_node.StartKey(), Get());
        await load.Arrived;

        // Another node takes epoch 2, writes, and gives the shard back; this one takes epoch 3 for another key.
        var thief = await _node.LoseAsync(Shard);
        var row = new RowWrite(Subject, Shard, 2, KeyVersion.None, new KeyVersion(1), JsonText.Of("\"new\""));
        Assert.IsType<CommitResult.Committed>(await _node.Store.CommitAsync(thief.NodeId, [row]));
        await _node.Store.ReleaseAsync(thief.NodeId, [new HeldEpoch(Shard, 2)]);
        await Eventually.HoldsAsync("a renewal tells that epoch 1 is lost", Patience, () => _node.Leases.EpochOf(Shard) is null);
        await _node.Ownership.Ask<ShardHeld>(new HoldShard(Shard), Patience);
        Assert.Equal(3, _node.Leases.EpochOf(Shard));
        load.Release();

        Assert.Equal("\"new\"", Assert.IsType<Found>(await read).Value.ToString());
    }

    [Fact]
    public async Task A_guard_that_waited_for_a_commit_is_not_refused_without_proof_of_the_lease()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        var committed = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _node.Store.OnCommit = async (_, commit) =>
        {
            _node.Store.OnCommit = null;
            var result = await commit();
            committed.SetResult();
            await answer.Task;
            return result;
        };
        var put = Ask(actor, Put("2"));
        await committed.Task.WaitAsync(Patience);
        await LetLeaseRunOutAsync();
        var thief = await _node.LoseAsync(Shard);
        var row = new RowWrite(Subject, Shard, 2, new KeyVersion(2), new KeyVersion(3), JsonText.Of("3"));
        Assert.IsType<CommitResult.Committed>(await _node.Store.CommitAsync(thief.NodeId, [row]));

        // Version 3 is acknowledged; now a guard comes that version 2, of the commit under way, refuses.
        var guarded = Ask(actor, Put("4", Precondition.Version(new KeyVersion(1))));
        await Ask(actor, Get() with { AllowStale = true });
        answer.SetResult();

        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await put).Version);
        Assert.Equal(RefusalReason.LeaseNotProven, Assert.IsType<Refused>(await guarded).Reason);
    }

    [Fact]
    public async Task A_node_whose_own_lease_has_run_out_acquires_nothing()
    {
        await LetLeaseRunOutAsync();

        Assert.Equal(RefusalReason.OwnershipMoving, Assert.IsType<Refused>(await Ask(_node.StartKey(), Get())).Reason);
        Assert.Equal((0, null), ((await _node.Store.LookAsync(Shard)).Lease.Epoch, (await _node.Store.LookAsync(Shard)).Lease.Holder));
    }

    private async Task LetLeaseRunOutAsync()
    {
        await Eventually.HoldsAsync("the node has a lease", Patience, () => _node.Leases.IsNodeValid);
        _node.Store.OnRenew = () => throw new StoreUnavailableException("gone");

        // Answered by a renewal that is sent after all others: none is under way any more that could still prove something.
        await _node.Ownership.Ask<RenewalDone>(RefreshDirectory.Instance, Patience);
        await Eventually.HoldsAsync("the lease runs out", Patience, () => !_node.Leases.IsNodeValid);
    }

    private static Task<KeyReply> Ask(IActorRef actor, IKeyMessage message) => actor.Ask<KeyReply>(message, Patience);

    private static GetValue Get() => new(Subject, Precondition.None, AllowStale: false, KeyNode.Request());

    private static PutValue Put(string json, Precondition? precondition = null) =>
        new(Subject, JsonText.Of(json), precondition ?? Precondition.None, KeyNode.Request());

    /// <summary>Holds the next call that comes to a hook of the store; later ones go through.</summary>
    private sealed class Held
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Held(Action<Func<Task>?> set) => set(async () =>
        {
            set(null);
            _arrived.TrySetResult();
            await _released.Task;
            HasGone = true;
        });

        public Task Arrived => _arrived.Task.WaitAsync(Patience);

        public bool HasGone { get; private set; }

        public void Release() => _released.TrySetResult();
    }
}
