using System.Collections.Immutable;

namespace KvStore.Messages.Protocol;

/// <summary>
/// What one node has for the keys of another, and what it answers to that one's: all that came up while the batch before was
/// being sent. To send and to receive costs several times of what is in a message, so under load most of that is shared. It goes
/// by a link between two nodes (<see cref="Wire.BatchFrames"/>) and not by remoting.
/// </summary>
public sealed record KeyBatch(ImmutableArray<KeyBatchEntry> Entries) : IKvStoreMessage
{
    /// <summary>What was wrong with entries that could not be read: only they are lost, and not those beside them. Does not travel.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];
}

/// <param name="Id">Names a request among those of the node that sends it; the reply has the same.</param>
/// <param name="Message">
/// An <see cref="IKeyMessage"/>, which asks, or a <see cref="KeyReply"/>, which answers. Null answers too: the key's shard is not
/// here, and nothing was done.
/// </param>
public readonly record struct KeyBatchEntry(long Id, IKvStoreMessage? Message);
