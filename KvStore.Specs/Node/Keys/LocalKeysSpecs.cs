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

/// <summary>Keys that live on this node: what is read beside their actors, and when that is left to them.</summary>
public sealed class LocalKeysSpecs : TestKit, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Key Subject = Key.Parse("subject");
    private static readonly int Shard = ShardMap.ShardOf(Subject, KeyNode.Shards);
    private KeyNode _node = null!;
    private LocalKeys _keys = null!;

    public LocalKeysSpecs()
        : base(PatientTestKit.Config)
    {
    }

    public async Task InitializeAsync()
    {
        _node = await KeyNode.StartAsync(Sys, storage: new StorageOptions { LeaseTtl = TimeSpan.FromSeconds(1.5) });
        _keys = new LocalKeys(KeyNode.Name, _node.LiveKeys, _node.Leases, _node.Context.Decisions);
    }

    async Task IAsyncLifetime.DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_key_that_is_not_live_is_left_to_its_actor()
    {
        Assert.Null(_keys.TryRead(Get()));

        await Ask(_node.StartKey(), Put("1"));

        Assert.Null(_keys.TryRead(Get() with { Key = Key.Parse("another") }));
    }

    [Fact]
    public async Task Who_has_heard_of_a_write_reads_it()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        var ear = new Ear(Sys, () => _keys.TryRead(Get()));

        actor.Tell(Put("2"), ear);

        var (heard, read) = await ear.Heard.WaitAsync(Patience);
        var found = Assert.IsType<Found>(read);
        Assert.Equal((Assert.IsType<Stored>(heard).Version, JsonText.Of("2"), false), (found.Version, found.Value, found.Stale));
    }

    [Fact]
    public async Task The_answers_are_those_of_the_actor()
    {
        var actor = _node.StartKey();
        foreach (var command in new IKeyMessage?[] { null, Put("1"), new DeleteKey(Subject, Precondition.None, KeyNode.Request()) })
        {
            await Ask(actor, command ?? Get());
            foreach (var guard in new[] { Precondition.None, Precondition.Tags(null, EntityTags.Of(new KeyVersion(1))), Precondition.Tags(EntityTags.Of(new KeyVersion(7)), null) })
            {
                var get = Get() with { Precondition = guard };
                Assert.Equal(KeyModel.Describe(await Ask(actor, get)), KeyModel.Describe(_keys.TryRead(get) ?? throw new InvalidOperationException("no answer")));
            }
        }
    }

    [Fact]
    public async Task A_write_that_is_not_committed_is_not_read()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        var commit = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        _node.Store.OnCommit = async (_, send) =>
        {
            reached.SetResult();
            await commit.Task;
            return await send();
        };
        var writing = Ask(actor, Put("2"));
        await reached.Task;

        Assert.Equal(JsonText.Of("1"), Assert.IsType<Found>(_keys.TryRead(Get())).Value);

        commit.SetResult();
        await writing;
        Assert.Equal(JsonText.Of("2"), Assert.IsType<Found>(_keys.TryRead(Get())).Value);
    }

    [Fact]
    public async Task A_lease_that_is_not_proven_answers_nothing()
    {
        await Ask(_node.StartKey(), Put("1"));
        _node.Store.OnRenew = () => throw new StoreUnavailableException("gone");

        await Eventually.HoldsAsync("the lease is over", Patience, () => _node.Leases.Check(Shard, 1) == LeaseStanding.Unproven);

        Assert.Null(_keys.TryRead(Get()));
        Assert.Null(_keys.TryRead(Get() with { AllowStale = true }));
    }

    [Fact]
    public async Task An_epoch_that_is_over_answers_nothing()
    {
        await Ask(_node.StartKey(), Put("1"));
        Assert.NotNull(_keys.TryRead(Get()));

        _node.Leases.Settled(Shard, settledEpoch: 1, newEpoch: 2, _node.Leases.NodeValidUntil);

        Assert.Equal(LeaseStanding.Valid, _node.Leases.Check(Shard, 2));
        Assert.Null(_keys.TryRead(Get()));
    }

    [Fact]
    public async Task A_read_keeps_the_key_in_use()
    {
        await Ask(_node.StartKey(), Put("1"));
        var cell = Assert.Single(_node.LiveKeys.Cells);
        var before = cell.LastUsed;
        await Eventually.HoldsAsync("the clock has moved", Patience, () => Environment.TickCount64 > before);

        _keys.TryRead(Get());

        Assert.True(cell.LastUsed > before);
    }

    [Fact]
    public async Task A_key_that_has_left_memory_is_left_to_its_next_actor()
    {
        var actor = Watch(_node.StartKey());
        await Ask(actor, Put("1"));

        actor.Tell(StopKey.Passivated);

        ExpectTerminated(actor, Patience);
        Assert.Null(_keys.TryRead(Get()));
        Assert.Null(_keys.FindActor(Subject));
    }

    [Fact]
    public async Task The_actor_of_a_live_key_is_found()
    {
        var actor = _node.StartKey();
        Assert.Null(_keys.FindActor(Subject));

        await Ask(actor, Put("1"));

        Assert.Equal(actor, _keys.FindActor(Subject));
        Assert.True(_keys.IsLive(Subject, actor));
    }

    [Fact]
    public async Task An_actor_that_stops_gets_no_more_requests_and_is_live_until_its_row_is_through()
    {
        var actor = Watch(_node.StartKey());
        await Ask(actor, Put("1"));
        var commit = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        _node.Store.OnCommit = async (_, send) =>
        {
            reached.SetResult();
            await commit.Task;
            return await send();
        };
        var writing = Ask(actor, Put("2"));
        await reached.Task;

        actor.Tell(StopKey.HandOff);

        await Eventually.HoldsAsync("it gets no more", Patience, () => _keys.FindActor(Subject) is null);
        Assert.True(_keys.IsLive(Subject, actor));
        commit.SetResult();
        Assert.IsType<Stored>(await writing);
        ExpectTerminated(actor, Patience);
        Assert.False(_keys.IsLive(Subject, actor));
    }

    private static Task<KeyReply> Ask(IActorRef actor, IKeyMessage message) => actor.Ask<KeyReply>(message, Patience);

    private static GetValue Get() => new(Subject, Precondition.None, AllowStale: false, KeyNode.Request());

    private static PutValue Put(string json) => new(Subject, JsonText.Of(json), Precondition.None, KeyNode.Request());

    /// <summary>Reads in the very moment in which it is told something.</summary>
    private sealed class Ear(ActorSystem system, Func<KeyReply?> read) : MinimalActorRef
    {
        private readonly TaskCompletionSource<(object Told, KeyReply? Read)> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<(object Told, KeyReply? Read)> Heard => _heard.Task;

        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "ear";

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

        protected override void TellInternal(object message, IActorRef sender) => _heard.TrySetResult((message, read()));
    }
}
