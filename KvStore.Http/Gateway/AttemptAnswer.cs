using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>What came back for a request that was sent once, to the key's actor or to a node.</summary>
/// <param name="Reply">Null without <paramref name="IsNotThere"/>: no answer in time.</param>
/// <param name="IsNotThere">The node that was asked does not hold the key's shard, and has done nothing.</param>
/// <param name="Gone">The node that no answer will come from any more, where that is known.</param>
internal readonly record struct AttemptAnswer(KeyReply? Reply, bool IsNotThere = false, ShardHolder? Gone = null);
