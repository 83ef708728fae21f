using Akka.Actor;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>The keys whose actors live on this node: the edge need not go by way of the shard region to them. Safe for all threads.</summary>
public interface ILocalKeys
{
    /// <summary>
    /// The owner's answer, linearizable as the key actor's own is: the last committed value, of a key that lives on this node and
    /// under an epoch that this node is proven to hold. Null where the key's actor has to be asked.
    /// </summary>
    KeyReply? TryRead(GetValue request);

    /// <summary>
    /// The actor of a key that lives on this node, or null. It may be about to stop, and refuse what it gets; what comes too late
    /// even for that is a dead letter, which is answered as refused, too.
    /// </summary>
    IActorRef? FindActor(Key key);
}
