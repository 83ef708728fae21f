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

/// <summary>A node's link, with the test in the place of the other node, of the key's actor and of the region.</summary>
public sealed class KeyLinkActorSpecs : TestKit
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private static readonly GetValue Get = new(Key.Parse("a"), Precondition.None, AllowStale: false, Edges.Context());
    private static readonly PutValue Put = new(Key.Parse("a"), JsonText.Of("1"), Precondition.None, Edges.Context());
    private static readonly KeyReply Found = new Found(new KeyVersion(3), JsonText.Of("1"), Stale: false, Edges.Self);
    private static readonly KeyReply Stored = new Stored(new KeyVersion(4), null, Edges.Self);

    private readonly NodeLinks _links = new();

    [Fact]
    public void A_read_of_a_key_that_lives_here_is_answered() =>
        Assert.Equal(new KeyBatchEntry(7, Found), AskOf(new FixedLocalKeys(answer: _ => Found), Get));

    [Fact]
    public void A_write_goes_to_the_keys_actor()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Answerer(Stored)));
        Assert.Equal(new KeyBatchEntry(7, Stored), AskOf(new FixedLocalKeys(actor: _ => actor), Put));
    }

    [Fact]
    public void What_is_not_here_is_not_looked_for_elsewhere()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Stored))));
        Assert.Equal(new KeyBatchEntry(7, null), AskOf(new FixedLocalKeys(), Put));
    }

    [Fact]
    public async Task A_request_goes_to_the_node_that_has_the_key_and_by_the_region_if_it_has_not()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Stored))));
        _links.Open(Edges.OtherAddress, new NodeLink(TestActor, TestActor));
        var gateway = Gateway(new FixedLocalKeys());

        var served = gateway.SendAsync(Put, CancellationToken.None).AsTask();
        var there = new Stored(new KeyVersion(3), null, Edges.Other);
        _links.Answered(ExpectMsg<KeyBatch>(Long).Entries.Single().Id, there);
        Assert.Equal(there, await served);

        served = gateway.SendAsync(Put, CancellationToken.None).AsTask();
        _links.Answered(ExpectMsg<KeyBatch>(Long).Entries.Single().Id, null);
        Assert.Equal(Stored, await served);
    }

    [Fact]
    public async Task A_write_that_was_sent_to_a_node_and_not_answered_is_unknown_and_not_sent_again()
    {
        RegisterRegion(Sys.ActorOf(Props.Create(() => new Answerer(Stored))));
        _links.Open(Edges.OtherAddress, new NodeLink(TestActor, TestActor));
        var put = Put with { Context = Edges.Context(TimeProvider.System, TimeSpan.FromMilliseconds(300)) };

        Assert.Equal(new OutcomeUnknown(Edges.Other, Edges.Self), await Gateway(new FixedLocalKeys()).SendAsync(put, CancellationToken.None));
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
        Assert.Equal(new AttemptAnswer(Found), await _links.AskAsync(_links.Find(address)!, Get, wait));

        there.Stop(other);
        await Eventually.HoldsAsync("the link is gone", Long, () => _links.Find(address) is null);
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
        return system.ActorOf(
            Props.Create(() => new KeyLinkActor(links, gateway, TimeProvider.System, NullLogger<KeyLinkActor>.Instance)), name);
    }

    private KeyBatchEntry AskOf(ILocalKeys local, IKeyMessage message)
    {
        var link = StartLink(Sys, _links, local, "link");
        link.Tell(new KeyBatch([new KeyBatchEntry(7, message)]), TestActor);
        return ExpectMsg<KeyBatch>(Long).Entries.Single();
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
            new EdgeMetrics(new RequestLoad(), options),
            TimeProvider.System,
            NullLogger<KeyGateway>.Instance);
    }

    private sealed class Answerer(KeyReply reply) : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(reply);
    }
}
