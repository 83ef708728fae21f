using System.Net;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Http.Telemetry;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Messages.Wire;
using KvStore.Specs.Http.Support;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Specs.Http.Gateway.Links;

/// <summary>How nodes find each other's links, and what they do with a request that came by one.</summary>
public sealed class NodeLinkActorSpecs : TestKit
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private static readonly KeyReply Found = new Found(new KeyVersion(3), JsonText.Of("1"), Stale: false, Edges.Self);
    private static readonly KeyReply Stored = new Stored(new KeyVersion(4), null, Edges.Self);

    private readonly NodeLinks _links = new();

    private static GetValue Get => new(Key.Parse("a"), Precondition.None, AllowStale: false, Edges.Context());

    private static PutValue Put => new(Key.Parse("a"), JsonText.Of("1"), Precondition.None, Edges.Context());

    [Fact]
    public async Task A_read_of_a_key_that_lives_here_is_answered() =>
        Assert.Equal(new KeyBatchEntry(7, Found), await AskOfAsync(new FixedLocalKeys(answer: _ => Found), Get));

    [Fact]
    public async Task A_write_goes_to_the_keys_actor()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Answerer(Stored)));
        Assert.Equal(new KeyBatchEntry(7, Stored), await AskOfAsync(new FixedLocalKeys(actor: _ => actor), Put));
    }

    [Fact]
    public async Task What_is_not_here_is_not_looked_for_elsewhere()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Stored))));
        Assert.Equal(new KeyBatchEntry(7, null), await AskOfAsync(new FixedLocalKeys(), Put));
    }

    [Fact]
    public async Task A_request_that_ends_in_a_bug_costs_no_other()
    {
        var keys = new FixedLocalKeys(answer: get => get.AllowStale ? throw new InvalidOperationException("a bug") : Found);
        Assert.Equal(new KeyBatchEntry(7, Found), await AskOfAsync(keys, Get with { AllowStale = true }, Get));
    }

    [Fact]
    public async Task A_request_goes_to_the_node_that_has_the_key_and_by_the_region_if_it_has_not()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Stored))));
        var there = new Stored(new KeyVersion(3), null, Edges.Other);
        Queue<KeyReply?> answers = new([there, null]);
        await using var other = await OpenAsync((link, entry) => link.Answer(entry.Id, answers.Dequeue(), isMoreToCome: false));
        var gateway = Gateway(new FixedLocalKeys());

        Assert.Equal(there, await gateway.SendAsync(Put, CancellationToken.None));
        Assert.Equal(Stored, await gateway.SendAsync(Put, CancellationToken.None));
        Assert.Empty(answers);
    }

    [Fact]
    public async Task A_write_that_was_sent_to_a_node_and_not_answered_is_unknown_and_not_sent_again()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Stored))));
        await using var other = await OpenAsync((_, _) => { });
        var put = Put with { Context = Edges.Context(TimeProvider.System, TimeSpan.FromMilliseconds(300)) };

        Assert.Equal(new OutcomeUnknown(Edges.Other, Edges.Self), await Gateway(new FixedLocalKeys()).SendAsync(put, CancellationToken.None));
    }

    [Fact]
    public async Task When_the_link_breaks_a_write_is_unknown_at_once_and_a_read_goes_by_the_region()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Found))));
        await using (await OpenAsync((link, _) => link.Close("a fault")))
        {
            var put = Put;
            var answer = await Gateway(new FixedLocalKeys()).SendAsync(put, CancellationToken.None);
            Assert.Equal(new OutcomeUnknown(Edges.Other, Edges.Self), answer);
            Assert.False(put.Context.Deadline.IsPast(TimeProvider.System));
        }

        await using (await OpenAsync((link, _) => link.Close("a fault")))
        {
            Assert.Equal(Found, await Gateway(new FixedLocalKeys()).SendAsync(Get, CancellationToken.None));
        }
    }

    [Fact]
    public async Task It_finds_the_other_end_and_forgets_it_when_that_is_gone()
    {
        using var there = StartSystem();
        using var here = StartSystem();
        var address = ((ExtendedActorSystem)there).Provider.DefaultAddress.ToString();
        StartLink(here, _links, new FixedLocalKeys(), "link");
        Assert.Null(_links.Find(address));

        var other = StartLink(there, new NodeLinks(), new FixedLocalKeys(answer: _ => Found), "link");
        await Eventually.HoldsAsync("the link is there", Long, () => _links.Find(address) is not null);
        using var waits = new ReplyWaits(TimeProvider.System, _ => null);
        var wait = waits.Begin(Get, null, default, Long, CancellationToken.None);
        Assert.Equal(new AttemptAnswer(Found), await _links.Find(address)!.AskAsync(Get, wait));

        there.Stop(other);
        await Eventually.HoldsAsync("the link is gone", Long, () => _links.Find(address) is null);
        await Eventually.HoldsAsync("there is a next one, as soon as the name is free", Long, () =>
        {
            try
            {
                StartLink(there, new NodeLinks(), new FixedLocalKeys(answer: _ => Found), "link");
                return true;
            }
            catch (InvalidActorNameException)
            {
                return false;
            }
        });
        await Eventually.HoldsAsync("there is a link to the next one", Long, () => _links.Find(address) is not null);
    }

    [Fact]
    public async Task Where_the_port_cannot_be_reached_there_is_no_link_and_one_is_sought_again()
    {
        using var there = StartSystem();
        using var here = StartSystem();
        var address = ((ExtendedActorSystem)there).Provider.DefaultAddress.ToString();
        StartLink(here, _links, new FixedLocalKeys(), "link");
        var asked = 0;
        var nobodys = new LinkOffer(FreePorts.Next(), Guid.NewGuid());
        there.ActorOf(Props.Create(() => new Answerer(nobodys, () => Interlocked.Increment(ref asked))), "link");

        await Eventually.HoldsAsync("it is sought again", Long, () =>
        {
            Assert.Null(_links.Find(address));
            return Volatile.Read(ref asked) > 1;
        });
    }

    private static ActorSystem StartSystem() => ActorSystem.Create(
        KeyRegion.SystemName,
        ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(WireSetup.Hocon).WithFallback(ConfigurationFactory.ParseString(
                """
                akka {
                  loglevel = WARNING
                  actor.provider = remote
                  remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
                }
                """))),
            WireSetup.Setup(TimeProvider.System)));

    private static IActorRef StartLink(ActorSystem system, NodeLinks links, ILocalKeys local, string name)
    {
        var gateway = Gateway(system, links, local);
        var options = new NodeLinkOptions(new IPEndPoint(IPAddress.Loopback, 0), LinkEnd.MaxFrameBytes);
        return system.ActorOf(
            Props.Create(() => new NodeLinkActor(links, gateway, options, TimeProvider.System, NullLogger<NodeLinkActor>.Instance)), name);
    }

    /// <summary>The answer to the last of these requests, which have the numbers up to 7.</summary>
    private async Task<KeyBatchEntry> AskOfAsync(ILocalKeys local, params IKeyMessage[] messages)
    {
        var (here, there) = await LinkEnd.ConnectAsync();
        var (asking, serving) = (LinkEnd.Over(here), LinkEnd.Over(there));
        var answer = new TaskCompletionSource<KeyBatchEntry>();
        var requests = new LinkedRequests(Gateway(local), NullLogger.Instance);
        var running = Task.WhenAll(asking.RunAsync(answer.SetResult), serving.RunAsync(entry => requests.Serve(serving, entry)));
        for (var i = 0; i < messages.Length; i++)
        {
            Assert.True(asking.TryAsk(8 - messages.Length + i, messages[i]));
        }

        try
        {
            return await answer.Task.WaitAsync(Long);
        }
        finally
        {
            asking.Close("end");
            await running;
        }
    }

    /// <summary>A link to the other node, where the test takes what is asked.</summary>
    private async Task<OpenLink> OpenAsync(Action<NodeLink, KeyBatchEntry> asked)
    {
        var (here, there) = await LinkEnd.ConnectAsync();
        var (asking, serving) = (LinkEnd.Asking(here), LinkEnd.Over(there));
        return new OpenLink(asking, Task.WhenAll(
            _links.RunAsync(asking), serving.RunAsync(entry => asked(serving, entry))));
    }

    private void RegisterRegion(IActorRef region) => ActorRegistry.For(Sys).Register<KeyRegion>(region);

    private KeyGateway Gateway(ILocalKeys local) => Gateway(Sys, _links, local);

    private static KeyGateway Gateway(ActorSystem system, NodeLinks links, ILocalKeys local)
    {
        var options = new EdgeOptions { NodeName = Edges.Self };
        return new KeyGateway(
            new RequiredActor<KeyRegion>(ActorRegistry.For(system)),
            local,
            links,
            new FixedView(Edges.View(1, Edges.Other)),
            options,
            new EdgeMetrics(new RequestLoad(), new NodeLinks(), options),
            TimeProvider.System,
            NullLogger<KeyGateway>.Instance);
    }

    private sealed class OpenLink(AskingLink link, Task running) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            link.Close("end");
            await running;
        }
    }

    private sealed class Answerer(IKvStoreMessage answer, Action? asked = null) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            asked?.Invoke();
            Sender.Tell(answer);
        }
    }
}
