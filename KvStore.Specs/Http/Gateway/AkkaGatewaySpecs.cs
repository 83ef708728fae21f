using System.Diagnostics;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Http.Telemetry;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Http.Gateway;

/// <summary>The gateways over real actors: what the policy's specs stand in for.</summary>
public sealed class AkkaGatewaySpecs : TestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_request_goes_to_the_region_and_its_reply_comes_back()
    {
        KeyReply stored = new Stored(new KeyVersion(1), null, Edges.Other);
        RegisterRegion(message => message is PutValue ? stored : null);
        Assert.Equal(stored, await Gateway().SendAsync(Put(Long), CancellationToken.None));
    }

    [Fact]
    public async Task A_region_that_comes_up_late_is_waited_for()
    {
        var waiting = Gateway().SendAsync(Put(Long), CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        KeyReply stored = new Stored(new KeyVersion(1), null, Edges.Other);
        RegisterRegion(_ => stored);
        Assert.Equal(stored, await waiting);
    }

    [Fact]
    public async Task Without_a_region_nothing_was_sent_and_so_nothing_happened()
    {
        var reply = await Gateway().SendAsync(Put(Short), CancellationToken.None);
        Assert.Equal(Edges.Self, Assert.IsType<Refused>(reply).FailedNode);
    }

    [Fact]
    public async Task A_write_that_the_region_does_not_answer_is_unknown_and_was_sent_once()
    {
        var sent = 0;
        RegisterRegion(_ =>
        {
            Interlocked.Increment(ref sent);
            return null;
        });
        Assert.Equal(new OutcomeUnknown(Edges.Other, Edges.Self), await Gateway().SendAsync(Put(Short), CancellationToken.None));
        Assert.Equal(1, sent);
    }

    [Fact]
    public async Task A_key_that_lives_here_is_asked_without_the_region()
    {
        KeyReply stored = new Stored(new KeyVersion(1), null, Edges.Self);
        RegisterRegion(_ => throw new InvalidOperationException("The region was asked."));
        var actor = Sys.ActorOf(Answering(message => message is PutValue ? stored : null));
        var local = new FixedLocalKeys(actor: key => key.Text == "a" ? actor : null);

        Assert.Equal(stored, await Gateway(local).SendAsync(Put(Long), CancellationToken.None));
    }

    [Fact]
    public async Task A_write_that_the_keys_own_actor_does_not_answer_is_unknown_and_was_sent_once()
    {
        var sent = 0;
        RegisterRegion(_ => throw new InvalidOperationException("The region was asked."));
        var actor = Sys.ActorOf(Answering(_ =>
        {
            Interlocked.Increment(ref sent);
            return null;
        }));

        var reply = await Gateway(new FixedLocalKeys(actor: _ => actor)).SendAsync(Put(Short), CancellationToken.None);

        Assert.IsType<OutcomeUnknown>(reply);
        Assert.Equal(1, sent);
    }

    [Fact]
    public async Task An_actor_that_has_stopped_without_an_answer_is_not_waited_for()
    {
        var actor = Sys.ActorOf(Answering(_ => null));
        var local = new FixedLocalKeys(actor: _ => actor);
        var waiting = Gateway(local).SendAsync(Put(Long), CancellationToken.None).AsTask();
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(Long / 20)));

        local.HasStopped = true;

        Assert.Equal(new OutcomeUnknown(Edges.Self, Edges.Self), await waiting.WaitAsync(Long / 2));
    }

    [Fact]
    public async Task A_write_whose_time_is_over_is_not_sent_to_the_keys_own_actor()
    {
        var sent = 0;
        var actor = Sys.ActorOf(Answering(_ =>
        {
            Interlocked.Increment(ref sent);
            return null;
        }));

        var reply = await Gateway(new FixedLocalKeys(actor: _ => actor)).SendAsync(Put(TimeSpan.Zero), CancellationToken.None);

        Assert.Equal(RefusalReason.Expired, Assert.IsType<Refused>(reply).Reason);
        Assert.Equal(0, sent);
    }

    [Fact]
    public async Task A_refusal_of_an_actor_that_stops_leads_to_the_region()
    {
        KeyReply stored = new Stored(new KeyVersion(1), null, Edges.Other);
        RegisterRegion(_ => stored);
        var actor = Sys.ActorOf(Answering(_ => new Refused(RefusalReason.Stopping, null, Edges.Self)));
        var isLive = true;
        var local = new FixedLocalKeys(actor: _ => Interlocked.Exchange(ref isLive, false) ? actor : null);

        Assert.Equal(stored, await Gateway(local).SendAsync(Put(Long), CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_the_ask()
    {
        using var aborted = new CancellationTokenSource();
        var arrived = new TaskCompletionSource();
        RegisterRegion(_ =>
        {
            arrived.TrySetResult();
            return null;
        });
        var waiting = Gateway().SendAsync(Put(Long), aborted.Token).AsTask();
        await arrived.Task;
        await aborted.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Node_actors_are_found_by_their_address_and_name()
    {
        var status = new NodeStatus("n", 1, 2, true, 3, 4, [5]);
        var page = new PagesListed([new ShardPage(0, [], true)], "n");
        Sys.ActorOf(Answering(message => message is GetNodeStatus ? status : page), KeyRegion.NodeActorName);
        var nodes = new NodeActors(Sys);
        var address = $"akka://{Sys.Name}";
        var request = new ListPages([new ShardCursor(0, "")], "", 16, 1024, false, Edges.Context());
        Assert.Equal(status, await nodes.StatusAsync(address, Long, CancellationToken.None));
        Assert.Equal(page, await nodes.ListAsync(address, request, Long, CancellationToken.None));
        Assert.Null(await nodes.StatusAsync("akka.tcp://kvstore@nowhere:1", Short, CancellationToken.None));
    }

    [Fact]
    public void A_read_of_a_key_of_this_node_is_answered_here_unless_a_trace_is_to_tell_of_it()
    {
        var gateway = Gateway(new FixedLocalKeys(answer: _ => new Absent(Stale: false, Edges.Self)));
        // Whoever listens in this process counts, and other specs may just do so.
        Assert.True(gateway.TryReadHere(Key.Parse("a"), Precondition.None) is Absent || Tracing.Source.HasListeners());

        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == Tracing.SourceName };
        ActivitySource.AddActivityListener(listener);
        Assert.Null(gateway.TryReadHere(Key.Parse("a"), Precondition.None));
    }

    private static PutValue Put(TimeSpan limit) =>
        new(Key.Parse("a"), JsonText.Of("1"), Precondition.None, Edges.Context(TimeProvider.System, limit));

    private static Props Answering(Func<object, object?> answer) => Props.Create(() => new Answerer(answer));

    private void RegisterRegion(Func<object, object?> answer) => ActorRegistry.For(Sys).Register<KeyRegion>(Sys.ActorOf(Answering(answer)));

    private KeyGateway Gateway(ILocalKeys? local = null)
    {
        var options = new EdgeOptions { NodeName = Edges.Self };
        return new KeyGateway(
            new RequiredActor<KeyRegion>(ActorRegistry.For(Sys)),
            local ?? new FixedLocalKeys(),
            new NodeLinks(),
            new FixedView(Edges.View(1, Edges.Other)),
            options,
            new EdgeMetrics(new RequestLoad(), new NodeLinks(), options),
            TimeProvider.System,
            NullLogger<KeyGateway>.Instance);
    }

    private sealed class Answerer(Func<object, object?> answer) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (answer(message) is { } reply)
            {
                Sender.Tell(reply);
            }
        }
    }
}
