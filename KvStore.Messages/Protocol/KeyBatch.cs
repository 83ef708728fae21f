using System.Collections.Immutable;

namespace KvStore.Messages.Protocol;

/// <summary>
/// What one node has for the keys of another, and what it answers to that one's: all that came up while the batch before was
/// being sent. A message between nodes costs ten times of what is in it, so under load most of that is shared.
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
