using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>
/// <c>KvStore-Node</c> names a node that held the key's shard at some time of the call. Where changes may have been missed
/// (epochs between two that were recorded, or before the first one) any node may have held it.
/// </summary>
internal sealed class OwnerCheck
{
    private const string Name = "KvStore-Node";
    private const int MaxReported = 10;

    private readonly int _shards;
    private readonly ILookup<int, Term> _terms;

    public OwnerCheck(IEnumerable<LeaseChange> changes, int shards)
    {
        _shards = shards;
        _terms = changes.GroupBy(change => change.Shard)
            .SelectMany(shard => TermsOf([.. shard.OrderBy(change => change.Epoch).ThenBy(change => change.Holder is null)]))
            .ToLookup(term => term.Shard);
    }

    public IEnumerable<Finding> Of(RunHistory history) =>
        history.Operations.Where(operation => operation is { Owner: not null, Kind: not OperationKind.List } && !CanBeTrue(operation)).Take(MaxReported)
            .Select(operation => new Finding(
                FindingKind.Violation,
                Name,
                $"key '{operation.Key}': {operation.Owner} did not hold shard {ShardOf(operation)}\n  {OperationText.Of(operation)}\n  "
                + string.Join("\n  ", _terms[ShardOf(operation)].Where(term => term.Overlaps(operation, 10_000_000)).Select(term => term.ToString()))));

    private static IEnumerable<Term> TermsOf(LeaseChange[] changes)
    {
        if (changes[0].Epoch > 1)
        {
            yield return new Term(changes[0].Shard, 0, AnyNode: true, null, long.MinValue, changes[0].NotAfter);
        }

        for (var i = 0; i < changes.Length; i++)
        {
            var change = changes[i];
            var next = i + 1 < changes.Length ? changes[i + 1] : null;
            yield return new Term(change.Shard, change.Epoch, AnyNode: false, change.Holder, change.NotBefore, next?.NotAfter ?? long.MaxValue);
            if (next is not null && next.Epoch > change.Epoch + 1)
            {
                yield return new Term(change.Shard, change.Epoch + 1, AnyNode: true, null, change.NotBefore, next.NotAfter);
            }
        }
    }

    private int ShardOf(Operation operation) => ShardMap.ShardOf(Key.Parse(operation.Key), _shards);

    private bool CanBeTrue(Operation operation) =>
        _terms[ShardOf(operation)].Any(term => (term.AnyNode || term.Holder == operation.Owner) && term.Overlaps(operation, 0));

    /// <param name="From">It may have begun then.</param>
    /// <param name="To">It may have lasted until then.</param>
    private sealed record Term(int Shard, long Epoch, bool AnyNode, string? Holder, long From, long To)
    {
        public bool Overlaps(Operation operation, long margin) => From <= operation.End + margin && operation.Start - margin <= To;

        public override string ToString()
        {
            var from = From == long.MinValue ? "the beginning" : $"{OperationText.Seconds(From)} s";
            var to = To == long.MaxValue ? "the end" : $"{OperationText.Seconds(To)} s";
            return $"epoch {Epoch}: {(AnyNode ? "any node" : Holder ?? "nobody")}, from {from} to {to} at the longest";
        }
    }
}
