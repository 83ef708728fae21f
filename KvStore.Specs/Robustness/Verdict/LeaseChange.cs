namespace KvStore.Specs.Robustness.Verdict;

/// <summary>One change of a shard's lease, as the store has it. Times are microseconds since the start of the run.</summary>
/// <param name="Epoch">Rises with each acquisition; a release leaves it.</param>
/// <param name="Holder">The node's name; null: released.</param>
/// <param name="NotBefore">The change came at that time or later.</param>
/// <param name="NotAfter">It had come by then.</param>
internal sealed record LeaseChange(int Shard, long Epoch, string? Holder, long NotBefore, long NotAfter);
