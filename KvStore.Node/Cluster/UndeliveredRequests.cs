using Akka.Actor;
using Akka.Event;
using KvStore.Messages.Protocol;
using KvStore.Node.Diagnostics;

namespace KvStore.Node.Cluster;

/// <summary>
/// Requests that were lost within this process are answered as refused, so that the edge that waits may send them again at
/// once, writes too. Sharding loses them in each move of a shard: a region drops what it buffered, a shard that hands off
/// handles nothing, an actor that stopped leaves its mailbox behind, remoting to a dead node takes no more. All of that is
/// published, and each message exists once: what is lost here was executed by nobody and never will be. What was written
/// to a connection before it broke is not seen here, and its outcome stays unknown.
/// </summary>
public sealed class UndeliveredRequests : ReceiveActor
{
    private readonly string _nodeName;

    private readonly NodeMetrics _metrics;

    public UndeliveredRequests(string nodeName, NodeMetrics metrics)
    {
        (_nodeName, _metrics) = (nodeName, metrics);
        Receive<AllDeadLetters>(lost => Answer(lost.Message, lost.Sender));
        Receive<UnhandledMessage>(lost => Answer(lost.Message, lost.Sender));
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AllDeadLetters));
        Context.System.EventStream.Subscribe(Self, typeof(UnhandledMessage));
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    private void Answer(object message, IActorRef sender)
    {
        switch (message)
        {
            case AllDeadLetters inner:
                Answer(inner.Message, inner.Sender);
                break;
            case IKeyMessage when IsAsker(sender) && !sender.Equals(Context.System.DeadLetters):
                _metrics.DeadLetter(isRequest: true);
                sender.Tell(new Refused(RefusalReason.OwnershipMoving, null, _nodeName), ActorRefs.NoSender);
                break;
            default:
                _metrics.DeadLetter(isRequest: false);
                break;
        }
    }

    /// <summary>A region whose buffer is full gives itself as the sender of what it drops: then it is not known who waits.</summary>
    private static bool IsAsker(IActorRef sender) => !sender.IsNobody() && sender.Path.Elements is not ["system", "sharding", ..];
}
