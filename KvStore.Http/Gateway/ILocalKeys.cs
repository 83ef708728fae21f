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
    KeyReply? TryRead(Key key, Precondition precondition);

    /// <summary>The same, and a span of the request's trace tells of it.</summary>
    KeyReply? TryRead(GetValue request);

    /// <summary>
    /// The actor of a key that lives on this node, or null; null also while it is about to stop. It may stop all the same before a
    /// message reaches it: then it refuses that, or a dead letter is answered as refused, or, at worst, there is no answer.
    /// </summary>
    IActorRef? FindActor(Key key);

    /// <summary>Whether this actor of the key may still answer; also while it is about to stop.</summary>
    bool IsLive(Key key, IActorRef actor);

    /// <summary>Whether this node holds the key's shard by what it knows: then the shard's region is most likely this node's own.</summary>
    bool Holds(Key key);
}
