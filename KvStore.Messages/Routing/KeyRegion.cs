namespace KvStore.Messages.Routing;

/// <summary>Marks the shard region of the key actors in the actor registry, and names what nodes must agree on.</summary>
public sealed class KeyRegion
{
    /// <summary>The entity type, part of every key actor's path.</summary>
    public const string TypeName = "key";

    /// <summary>The one name of every node's actor system; part of all remote addresses.</summary>
    public const string SystemName = "kvstore";

    /// <summary>The actor on each node, below <c>/user</c>, that answers <see cref="Protocol.ListPages"/> and <see cref="Protocol.GetNodeStatus"/>.</summary>
    public const string NodeActorName = "node";

    private KeyRegion()
    {
    }
}
