using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>What this node may answer a read with by itself, without a message to the key's actor.</summary>
public interface ICommittedValues
{
    /// <summary>
    /// The owner's answer, linearizable as the key actor's own is: the last committed value, of a key that lives on this node and
    /// under an epoch that this node is proven to hold. Null where the key's actor has to be asked. Safe for all threads.
    /// </summary>
    KeyReply? TryRead(GetValue request);
}
