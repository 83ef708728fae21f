using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using CsCheck;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using KvStore.Messages.Wire;

namespace KvStore.Specs.Contracts;

/// <summary>The production serialization set-up between two actor systems over TCP.</summary>
public sealed class WireContractRemoting : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly List<ActorSystem> _systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_systems.Select(system => system.Terminate()));

    [Fact]
    public async Task Every_message_makes_the_round_trip_between_two_actor_systems()
    {
        var here = StartOurs();
        var inbox = new Inbox();
        var echo = RemoteInbox(StartOurs(), inbox, here, echo: true);

        foreach (var type in WireContractMessages.Types)
        {
            var message = WireContractMessages.Of(type).Single();
            var answer = await echo.Ask<object>(message, Patience);

            Assert.IsType(type, answer);
            Assert.Equal(WireContractMessages.Shape(message), WireContractMessages.Shape(inbox.Next()));
            Assert.Equal(WireContractMessages.Shape(message), WireContractMessages.Shape(answer));
        }
    }

    [Fact]
    public async Task An_unregistered_type_is_refused_on_its_way_out_and_the_connection_lives_on()
    {
        var here = StartOurs();
        var inbox = new Inbox();
        var there = RemoteInbox(StartOurs(), inbox, here);
        await inbox.Reached(there);
        var errors = Errors(here);

        there.Tell(new Unregistered("secret"));
        there.Tell(GetNodeStatus.Instance);

        Assert.IsType<GetNodeStatus>(inbox.Next());
        Assert.Contains(nameof(Unregistered), errors.Take(new CancellationTokenSource(Patience).Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_stranger_sends_as_JSON_is_refused_on_its_way_in_and_the_connection_lives_on()
    {
        var stranger = StartStranger();
        var receiver = StartOurs();
        var inbox = new Inbox();
        var there = RemoteInbox(receiver, inbox, stranger);
        await inbox.Reached(there);
        var errors = Errors(receiver);
        Unregistered.Made = 0;

        there.Tell(new Unregistered("secret"));
        there.Tell("ping");

        Assert.Equal("ping", inbox.Next());
        Assert.Contains("serializer 1", errors.Take(new CancellationTokenSource(Patience).Token), StringComparison.Ordinal);
        Assert.Equal(1, Unregistered.Made);
    }

    [Fact]
    public async Task Akka_s_own_switch_alone_would_have_let_the_stranger_s_JSON_in()
    {
        var stranger = StartStranger();
        var inbox = new Inbox();
        var there = RemoteInbox(Start(WireSetup.Hocon), inbox, stranger);
        await inbox.Reached(there);

        there.Tell(new Unregistered("secret"));

        // Should this fail, Akka has learnt to refuse by itself, and the serializer that refuses may go.
        Assert.Equal(new Unregistered("secret"), inbox.Next());
    }

    private ActorSystem StartOurs() => Start(WireSetup.Hocon, WireSetup.Setup(WireContractMessages.Time));

    /// <summary>A plain Akka system: it writes any type with Newtonsoft.Json, serializer 1, and reads any.</summary>
    private ActorSystem StartStranger() => Start("");

    private ActorSystem Start(string hocon, params Setup[] setups)
    {
        var config = ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.ParseString(
            """
            akka {
              stdout-loglevel = OFF
              loglevel = WARNING
              loggers = []
              actor.provider = remote
              remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            }
            """));
        var setup = ActorSystemSetup.Create([BootstrapSetup.Create().WithConfig(config), .. setups]);
        var system = ActorSystem.Create(KeyRegion.SystemName, setup);
        _systems.Add(system);
        return system;
    }

    private static IActorRef RemoteInbox(ActorSystem system, Inbox inbox, ActorSystem seenFrom, bool echo = false)
    {
        var local = system.ActorOf(Props.Create(() => new InboxActor(inbox, echo)), "inbox");
        var address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
        return ((ExtendedActorSystem)seenFrom).Provider.ResolveActorRef(local.Path.ToStringWithAddress(address));
    }

    private static BlockingCollection<string> Errors(ActorSystem system)
    {
        var errors = new BlockingCollection<string>();
        var listener = system.ActorOf(Props.Create(() => new ErrorListener(errors)));
        system.EventStream.Subscribe(listener, typeof(Error));
        system.EventStream.Subscribe(listener, typeof(Warning));
        return errors;
    }

    public sealed record Unregistered
    {
        public static int Made;

        public Unregistered(string text)
        {
            Interlocked.Increment(ref Made);
            Text = text;
        }

        public string Text { get; }
    }

    private sealed class Inbox
    {
        private readonly BlockingCollection<object> _messages = [];

        public void Add(object message) => _messages.Add(message);

        public object Next() =>
            _messages.TryTake(out var message, Patience) ? message : throw new TimeoutException($"No message in {Patience}");

        /// <summary>Waits until the two systems talk to each other.</summary>
        public async Task Reached(IActorRef there)
        {
            await there.Ask<ActorIdentity>(new Identify(null), Patience);
            Assert.Empty(_messages);
        }
    }

    private sealed class InboxActor(Inbox inbox, bool echo) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            inbox.Add(message);
            if (echo)
            {
                Sender.Tell(message);
            }
        }
    }

    private sealed class ErrorListener : ReceiveActor
    {
        public ErrorListener(BlockingCollection<string> errors) => Receive<LogEvent>(e => errors.Add($"{e.Message} {e.Cause}"));
    }
}
