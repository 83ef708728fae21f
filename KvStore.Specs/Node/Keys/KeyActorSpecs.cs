using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Keys;
using KvStore.Node.Storage;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Keys;

/// <summary>One key actor on a real store: what it answers, and when.</summary>
public sealed class KeyActorSpecs : TestKit, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static int _keys;
    private readonly Key _key = Key.Parse($"key-{Interlocked.Increment(ref _keys)}");
    private KeyNode _node = null!;

    public async Task InitializeAsync() => _node = await KeyNode.StartAsync(Sys);

    async Task IAsyncLifetime.DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Any_sequence_of_requests_gets_the_answers_of_the_model() =>
        await KeyRequests.On(_key, Context).Array[1, 25].SampleAsync(
            async requests =>
            {
                var model = new KeyModel();
                var actor = _node.StartKey();
                var key = NewKey();
                foreach (var request in requests.Select(request => On(key, request)))
                {
                    Assert.Equal(model.Answer(request), KeyModel.Describe(await Ask(actor, request)));
                }
            },
            iter: 100, threads: 1);

    [Fact]
    public async Task Commands_that_come_faster_than_commits_get_the_answers_of_the_model_in_order() =>
        await KeyRequests.On(_key, Context).Where(request => request is IKeyCommand).Array[1, 60].SampleAsync(
            async requests =>
            {
                var model = new KeyModel();
                var actor = _node.StartKey();
                var key = NewKey();
                var asked = requests.Select(request => On(key, request)).ToList();

                var answers = await Task.WhenAll(asked.Select(request => Ask(actor, request)));

                Assert.Equal(asked.Select(model.Answer), answers.Select(KeyModel.Describe));
            },
            iter: 100, threads: 1);

    [Fact]
    public async Task What_was_answered_is_there_for_the_next_incarnation()
    {
        var first = _node.StartKey();
        await Ask(first, Put("1"));
        await Ask(first, Put("2"));
        await first.GracefulStop(Patience);

        var found = Assert.IsType<Found>(await Ask(_node.StartKey(), Get()));

        Assert.Equal((new KeyVersion(2), "2"), (found.Version, found.Value.ToString()));
    }

    [Fact]
    public async Task Five_hundred_puts_at_once_take_a_handful_of_commits_and_each_has_a_version_of_its_own()
    {
        var actor = _node.StartKey();

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Ask(actor, Put("1"))));

        Assert.Equal(
            Enumerable.Range(1, 500).Select(number => new KeyVersion(number)),
            answers.Select(answer => Assert.IsType<Stored>(answer).Version));
        Assert.InRange(_node.Writer.Commits, 1, 20);
    }

    [Fact]
    public async Task A_read_sees_the_last_committed_value_while_a_commit_is_under_way()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        using var held = HoldCommits();
        var put = Ask(actor, Put("2"));
        await held.Arrived;

        Assert.Equal("1", Assert.IsType<Found>(await Ask(actor, Get())).Value.ToString());

        held.Release();
        await put;
        Assert.Equal("2", Assert.IsType<Found>(await Ask(actor, Get())).Value.ToString());
    }

    [Fact]
    public async Task A_refused_guard_waits_until_the_state_that_refused_it_is_committed()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        using var held = HoldCommits();
        var put = Ask(actor, Put("2"));
        await held.Arrived;

        var refused = Ask(actor, Put("3", Precondition.Version(new KeyVersion(1))));
        await Ask(actor, Get());
        Assert.False(refused.IsCompleted);

        held.Release();
        Assert.Equal(new VersionConflict(new KeyVersion(2), new KeyVersion(1), KeyNode.Name), await refused);
    }

    [Fact]
    public async Task Nobody_is_ever_told_of_a_version_whose_commit_failed()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        using var held = HoldCommits();
        var put = Ask(actor, Put("2"));
        await held.Arrived;
        var guarded = Ask(actor, Put("3", Precondition.Version(new KeyVersion(1))));
        var create = Ask(actor, Put("4", Precondition.Version(KeyVersion.None)));

        held.Fail(new InvalidOperationException("no room"));

        // The guard that failed against version 2 holds against version 1, which is what there is.
        Assert.IsType<Refused>(await put);
        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await guarded).Version);
        Assert.Equal(new KeyVersion(2), Assert.IsType<VersionConflict>(await create).Current);
    }

    [Fact]
    public async Task An_expired_command_is_never_executed()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));

        actor.Tell(new PutValue(_key, JsonText.Of("2"), Precondition.None, KeyNode.Request(TimeSpan.Zero)), TestActor);

        // Commands are decided in order: had it been executed, the guard would fail.
        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await Ask(actor, Put("3", Precondition.Version(new KeyVersion(1))))).Version);
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public async Task Requests_that_waited_too_long_are_refused_while_it_is_certain_that_nothing_happened()
    {
        using var held = HoldCommits();
        var actor = _node.StartKey();
        var first = Ask(actor, Put("1"));
        await held.Arrived;
        var second = Ask(actor, Put("2"));

        actor.Tell(new CheckDeadlines(TimeSpan.FromMinutes(1)));

        Assert.Equal(RefusalReason.StoreUnavailable, Assert.IsType<Refused>(await second).Reason);
        held.Release();
        Assert.Equal(new KeyVersion(1), Assert.IsType<Stored>(await first).Version);
    }

    [Fact]
    public async Task Above_the_bound_of_waiting_requests_a_key_is_busy()
    {
        await using var small = await KeyNode.StartAsync(Sys, new LimitOptions { MaxQueuedPerKey = 3 });
        var release = new TaskCompletionSource();
        small.Store.OnCommit = async (_, commit) =>
        {
            await release.Task;
            return await commit();
        };
        var actor = small.StartKey();
        await Ask(actor, Get());

        var answers = Enumerable.Range(0, 5).Select(_ => Ask(actor, Put("1"))).ToList();

        Assert.IsType<Busy>(await answers[3]);
        Assert.IsType<Busy>(await answers[4]);
        release.SetResult();
        Assert.All(await Task.WhenAll(answers.Take(3)), answer => Assert.IsType<Stored>(answer));
    }

    [Fact]
    public async Task A_key_that_is_absent_asks_to_be_passivated_after_its_answer()
    {
        var shard = CreateTestProbe();
        var actor = shard.ChildActorOf(_node.KeyActorProps);

        Assert.IsType<Absent>(await Ask(actor, Get()));

        Assert.Equal(StopKey.Passivated, (await shard.ExpectMsgAsync<Passivate>(Patience)).StopMessage);
    }

    [Fact]
    public async Task A_hand_off_waits_for_the_row_under_way_and_refuses_what_was_not_sent()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        using var held = HoldCommits();
        var sent = Ask(actor, Put("2"));
        await held.Arrived;
        var waiting = Ask(actor, Put("3"));
        Watch(actor);

        actor.Tell(StopKey.HandOff);

        Assert.Equal(RefusalReason.Stopping, Assert.IsType<Refused>(await waiting).Reason);
        held.Release();
        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await sent).Version);
        await ExpectTerminatedAsync(actor, Patience);
        Assert.Equal(0, _node.LiveKeys.Count);
    }

    [Fact]
    public async Task A_load_waits_for_the_row_of_a_former_incarnation()
    {
        var former = _node.StartKey();
        await Ask(former, Put("1"));
        using var held = HoldCommits();
        former.Tell(Put("2"), ActorRefs.NoSender);
        await held.Arrived;
        Watch(former);
        Sys.Stop(former);
        await ExpectTerminatedAsync(former, Patience);
        var loads = _node.Store.Loads;

        var found = Ask(_node.StartKey(), Get());
        held.Release();

        Assert.Equal("2", Assert.IsType<Found>(await found).Value.ToString());
        Assert.Equal(loads + 1, _node.Store.Loads);
    }

    [Fact]
    public async Task The_end_of_a_former_incarnations_row_is_not_taken_for_that_of_its_own()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));
        using var held = HoldCommits();
        var put = Ask(actor, Put("2"));
        await held.Arrived;

        actor.Tell(RowDone.Instance);

        Assert.Equal("1", Assert.IsType<Found>(await Ask(actor, Get())).Value.ToString());
        Assert.False(put.IsCompleted);
        held.Release();
        Assert.Equal(new KeyVersion(2), Assert.IsType<Stored>(await put).Version);
    }

    [Fact]
    public async Task A_key_actor_refuses_the_key_of_another()
    {
        var actor = _node.StartKey();
        await Ask(actor, Put("1"));

        Assert.IsType<Refused>(await Ask(actor, new GetValue(NewKey(), Precondition.None, AllowStale: false, Context())));
    }

    private static Key NewKey() => Key.Parse($"new-{Interlocked.Increment(ref _keys)}");

    private static RequestContext Context() => KeyNode.Request();

    private static IKeyMessage On(Key key, IKeyMessage request) => request switch
    {
        GetValue get => get with { Key = key, Context = Context() },
        PutValue put => put with { Key = key, Context = Context() },
        PatchValue patch => patch with { Key = key, Context = Context() },
        DeleteKey delete => delete with { Key = key, Context = Context() },
        _ => throw new ArgumentOutOfRangeException(nameof(request)),
    };

    private static Task<KeyReply> Ask(IActorRef actor, IKeyMessage message) => actor.Ask<KeyReply>(message, Patience);

    private GetValue Get() => new(_key, Precondition.None, AllowStale: false, Context());

    private PutValue Put(string json, Precondition? precondition = null) =>
        new(_key, JsonText.Of(json), precondition ?? Precondition.None, Context());

    private HeldCommits HoldCommits() => new(_node.Store);
}
