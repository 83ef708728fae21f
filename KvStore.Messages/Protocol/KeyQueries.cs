using KvStore.Messages.Keys;

namespace KvStore.Messages.Protocol;

/// <summary>Reads the last committed value.</summary>
/// <param name="AllowStale">Answer from memory, or from the stored row, even where the node cannot prove that it is current.</param>
public sealed record GetValue(Key Key, Precondition Precondition, bool AllowStale, RequestContext Context) : IKeyMessage;
