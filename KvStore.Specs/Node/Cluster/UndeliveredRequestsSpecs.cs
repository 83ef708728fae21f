using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Cluster;
using KvStore.Node.Diagnostics;
using KvStore.Specs.Http.Support;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Cluster;

/// <summary>Whoever waits for a request that got lost is told so, and may send it again: nobody executed it.</summary>
public sealed class UndeliveredRequestsSpecs : TestKit
{
    private static readonly PutValue Request = new(Key.Parse("a"), JsonText.Of("1"), Precondition.None, Edges.Context());
    private static readonly Refused Lost = new(RefusalReason.OwnershipMoving, null, Edges.Self);

    public UndeliveredRequestsSpecs()
        : base("akka.log-dead-letters = off\n" + PatientTestKit.Config)
    {
        var actor = Sys.ActorOf(Props.Create(() => new UndeliveredRequests(Edges.Self, new NodeMetrics())));

        // It listens once it has started, and it has once it is known by a name.
        actor.Ask<ActorIdentity>(new Identify(1), TimeSpan.FromSeconds(20)).GetAwaiter().GetResult();
    }

    [Fact]
    public void A_request_to_an_actor_that_stopped_is_refused()
    {
        var gone = Sys.ActorOf(Props.Create(() => new Deaf()));
        Watch(gone);
        Sys.Stop(gone);
        ExpectTerminated(gone);

        gone.Tell(Request, TestActor);

        ExpectMsg(Lost);
    }

    [Fact]
    public void A_request_that_sharding_dropped_from_a_buffer_is_refused()
    {
        Sys.DeadLetters.Tell(new Dropped(Request, "to avoid re-ordering", TestActor, ActorRefs.NoSender));
        ExpectMsg(Lost);
    }

    [Fact]
    public void A_request_that_an_actor_does_not_handle_is_refused()
    {
        Sys.ActorOf(Props.Create(() => new Deaf())).Tell(Request, TestActor);
        ExpectMsg(Lost);
    }

    [Fact]
    public void A_region_that_drops_what_its_buffer_has_no_room_for_is_not_taken_for_the_one_who_waits()
    {
        var region = ((ExtendedActorSystem)Sys).SystemActorOf(Props.Create(() => new Relay(TestActor)), "sharding");
        Sys.DeadLetters.Tell(Request, region);
        Sys.DeadLetters.Tell(Request, TestActor);
        ExpectMsg(Lost);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void What_is_no_request_or_has_no_sender_is_nobodys_concern()
    {
        Sys.DeadLetters.Tell(Request, ActorRefs.NoSender);
        Sys.DeadLetters.Tell(Lost, TestActor);
        Sys.DeadLetters.Tell(Request, TestActor);
        ExpectMsg(Lost);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    private sealed class Deaf : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef to) => ReceiveAny(message => to.Tell(message));
    }
}
