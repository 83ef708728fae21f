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

namespace KvStore.Specs.Node.Keys;

/// <summary>What a key actor shows and writes while its node gains, loses or cannot prove its shard.</summary>
public sealed class KeyOwnershipSpecs : TestKit, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Key Subject = Key.Parse("subject");
    private static readonly int Shard = ShardMap.ShardOf(Subject, KeyNode.Shards);
    private KeyNode _node = null!;

    public async Task InitializeAsync() =>
        _node = await KeyNode.StartAsync(Sys, storage: new StorageOptions { LeaseTtl = TimeSpan.FromSeconds(1.5) });

    async Task IAsyncLifetime.DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task The_first_key_of_a_shard_acquires_it()
    {
        await Ask(_node.StartKey(), Get());

        var held = await _node.Store.LookAsync(Shard);
        Assert.Equal((1, _node.Self.NodeId), (held.Lease.Epoch, held.Lease.Holder));
        Assert.Equal(LeaseStanding.Valid, _node.Leases.Check(Shard, 1));
    }

    [Fact]
    public async Task A_write_under_an_epoch_that_is_over_is_fenced_and_refused()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        await _node.LoseAsync(Shard);

        var refused = Assert.IsType<Refused>(await Ask(actor, Put("2")));

        Assert.Equal((RefusalReason.OwnershipMoving, "thief"), (refused.Reason, refused.FailedNode));
        Assert.Equal("1", (await _node.Store.LoadAsync(Shard, Subject))!.Value.ToString());
    }

    [Fact]
    public async Task A_fenced_epoch_is_dropped_at_once_and_not_tried_again_and_again()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        _node.Store.OnRenew = () => throw new StoreUnavailableException("gone");
        await _node.LoseAsync(Shard);
        var loads = _node.Store.Loads;

        await Ask(actor, Put("2"));

        Assert.InRange(_node.Store.Loads - loads, 0, 2);
    }

    [Fact]
    public async Task A_server_that_does_not_keep_what_it_acknowledges_any_more_gets_no_writes()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        _node.Store.OnRenew = () => throw new StoreRefusedException("fsync", "The server has fsync=off.");

        await Eventually.HoldsAsync(
            "writes are refused", Patience, async _ => await Ask(actor, Put("2")) is Refused { Reason: RefusalReason.OwnershipMoving });
    }

    [Fact]
    public async Task A_shard_whose_holder_has_no_row_is_waited_out_and_taken()
    {
        await using var peer = await _node.StartPeerAsync("peer");
        await Ask(peer.StartKey(), Put("1"));
        peer.Store.OnRenew = () => throw new StoreUnavailableException("cut off");
        await _node.ForgetRowOfAsync(peer);

        await Eventually.HoldsAsync("the shard is taken over", Patience, async _ => await Ask(_node.StartKey(), Get()) is Found);
    }

    [Fact]
    public async Task A_node_whose_row_was_removed_drops_everything_registers_anew_and_goes_on_counting()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        await Eventually.HoldsAsync("it has renewed some times", Patience, async _ => (await CounterAsync()) > 3);
        var counter = await CounterAsync();

        await _node.ForgetRowOfAsync(_node);

        await Eventually.HoldsAsync("it has a row again", Patience, async _ => await CounterAsync() is not null);
        Assert.True(await CounterAsync() >= counter);
        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await Ask(actor, Put("2"))).Version);
        Assert.Equal(2, (await _node.Store.LookAsync(Shard)).Lease.Epoch);
    }

    [Fact]
    public async Task A_read_is_refused_once_the_shard_is_known_to_be_lost()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        await _node.LoseAsync(Shard);
        await Eventually.HoldsAsync("a renewal tells that the shard is lost", Patience, () => _node.Leases.EpochOf(Shard) is null);

        Assert.Equal(RefusalReason.OwnershipMoving, Assert.IsType<Refused>(await Ask(actor, Get())).Reason);
    }

    [Fact]
    public async Task A_read_is_refused_while_the_lease_cannot_be_proven_and_served_when_it_can_again()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        _node.Store.OnRenew = () => throw new StoreUnavailableException("gone");
        await Eventually.HoldsAsync("the lease runs out", Patience, () => !_node.Leases.IsNodeValid);

        Assert.Equal(RefusalReason.LeaseNotProven, Assert.IsType<Refused>(await Ask(actor, Get())).Reason);
        var guarded = Put("2", Precondition.Version(new KeyVersion(9)));
        Assert.Equal(RefusalReason.LeaseNotProven, Assert.IsType<Refused>(await Ask(actor, guarded)).Reason);
        Assert.True(Assert.IsType<Found>(await Ask(actor, Get() with { AllowStale = true })).Stale);

        _node.Store.OnRenew = null;
        Assert.False(Assert.IsType<Found>(await Ask(actor, Get())).Stale);
    }

    [Fact]
    public async Task A_write_needs_no_proof_but_its_fenced_commit()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        _node.Store.OnRenew = () => throw new StoreUnavailableException("gone");
        await Eventually.HoldsAsync("the lease runs out", Patience, () => !_node.Leases.IsNodeValid);

        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await Ask(actor, Put("2"))).Version);
    }

    [Fact]
    public async Task Who_asks_for_a_stale_answer_gets_the_stored_row_whoever_holds_the_shard()
    {
        await using var peer = await _node.StartPeerAsync("peer");
        await Ask(peer.StartKey(), Put("1"));

        var found = Assert.IsType<Found>(await Ask(_node.StartKey(), Get() with { AllowStale = true }));

        Assert.Equal((true, "1"), (found.Stale, found.Value.ToString()));
    }

    [Fact]
    public async Task An_unknown_commit_that_was_executed_is_acknowledged_after_settling()
    {
        var actor = await WithUnknownCommit(executed: true);

        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await Ask(actor, Put("2"))).Version);

        Assert.Equal(2, (await _node.Store.LookAsync(Shard)).Lease.Epoch);
        Assert.Equal("2", Assert.IsType<Found>(await Ask(actor, Get())).Value.ToString());
    }

    [Fact]
    public async Task An_unknown_commit_that_was_not_executed_is_executed_once_after_settling()
    {
        var actor = await WithUnknownCommit(executed: false);

        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await Ask(actor, Put("2"))).Version);

        Assert.Equal(2, (await _node.Store.LookAsync(Shard)).Lease.Epoch);
        Assert.Equal(new KeyVersion(2), (await _node.Store.LoadAsync(Shard, Subject))!.Version);
    }

    [Fact]
    public async Task An_unknown_commit_of_a_shard_that_went_on_stays_unknown()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        _node.Store.OnCommit = async (_, _) =>
        {
            _node.Store.OnCommit = null;
            await _node.LoseAsync(Shard);
            return new CommitResult.Unknown(new TimeoutException());
        };

        Assert.IsType<OutcomeUnknown>(await Ask(actor, Put("2")));
    }

    [Fact]
    public async Task While_a_row_is_being_settled_no_incarnation_loads_the_key()
    {
        var settle = new TaskCompletionSource();
        var actor = await WithUnknownCommit(executed: true);
        _node.Store.OnSettle = () => settle.Task;
        actor.Tell(Put("2"), TestActor);
        await Eventually.HoldsAsync("the commit ends as unknown", Patience, () => _node.Writer.HasRow(Subject) && _node.Store.OnCommit is null);
        Sys.Stop(actor);
        var loads = _node.Store.Loads;

        var found = Ask(_node.StartKey(), Get());
        Assert.Equal(loads, _node.Store.Loads);
        settle.SetResult();

        Assert.Equal("2", Assert.IsType<Found>(await found).Value.ToString());
    }

    [Fact]
    public async Task A_hand_off_releases_the_shard_at_once_and_its_successor_serves()
    {
        await using var peer = await _node.StartPeerAsync("peer");
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));

        actor.Tell(StopKey.HandOff);

        Assert.Equal("1", Assert.IsType<Found>(await Ask(peer.StartKey(), Get())).Value.ToString());
        Assert.Equal(peer.Self.NodeId, (await _node.Store.LookAsync(Shard)).Lease.Holder);
    }

    [Fact]
    public async Task A_shard_without_live_keys_is_released_after_a_while()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        actor.Tell(StopKey.Passivated);

        await Eventually.HoldsAsync("the shard is released", Patience, async _ => (await _node.Store.LookAsync(Shard)).Lease.Holder is null);
    }

    [Fact]
    public async Task Keys_are_refused_once_the_node_is_no_member_any_more()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));

        _node.Ownership.Tell(MembershipEnded.Instance);

        await Eventually.HoldsAsync("all leases are dropped", Patience, () => !_node.Leases.IsNodeValid);
        Assert.Equal(RefusalReason.OwnershipMoving, Assert.IsType<Refused>(await Ask(actor, Get())).Reason);
    }

    private async Task<long?> CounterAsync() =>
        (await _node.Store.ReadNodesAsync(CancellationToken.None)).SingleOrDefault(row => row.NodeId == _node.Self.NodeId)?.Counter;

    /// <summary>The next commit ends as unknown; whether it was executed only the store knows.</summary>
    private async Task<IActorRef> WithUnknownCommit(bool executed)
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        _node.Store.OnCommit = async (_, commit) =>
        {
            _node.Store.OnCommit = null;
            if (executed)
            {
                await commit();
            }

            return new CommitResult.Unknown(new TimeoutException("no answer"));
        };
        return actor;
    }

    private static Task<KeyReply> Ask(IActorRef actor, IKeyMessage message) => actor.Ask<KeyReply>(message, Patience);

    private static GetValue Get() => new(Subject, Precondition.None, AllowStale: false, KeyNode.Request());

    private static PutValue Put(string json, Precondition? precondition = null) =>
        new(Subject, JsonText.Of(json), precondition ?? Precondition.None, KeyNode.Request());
}
