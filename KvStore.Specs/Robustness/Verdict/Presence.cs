using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Verdict;

/// <summary>When a key was there or absent for certain.</summary>
internal sealed class Presence
{
    private readonly Timeline _told;
    private readonly Timeline _acknowledged;
    private readonly Operation[] _deletes;
    private readonly Operation[] _creators;

    public Presence(string key, Operation[] operations)
    {
        Key = key;

        _told = new Timeline(operations.Where(operation => operation is { Outcome: Outcome.Done or Outcome.GuardFailed, Version: > 0 }));
        _acknowledged = new Timeline(operations.Where(operation => operation is { IsWrite: true, Outcome: Outcome.Done }));
        _deletes = [.. operations.Where(operation => operation.Kind == OperationKind.Delete && MayHaveHappened(operation))];
        _creators = [.. operations.Where(operation => operation.Kind is OperationKind.Put or OperationKind.Patch && MayHaveHappened(operation))];
    }

    public string Key { get; }

    /// <summary>Of the writes that were acknowledged before a time, the one with the highest version.</summary>
    public Operation? AcknowledgedBefore(long time) => _acknowledged.NewestBefore(time);

    /// <summary>What proves that the key was there all the time from <paramref name="start"/> to <paramref name="end"/>; null without a proof.</summary>
    public Operation? WasThere(long start, long end) =>
        _told.NewestBefore(start) is { } newest && !IsTombstone(newest)
        && _deletes.All(delete => delete.Start > end || (delete.Outcome == Outcome.Done && delete.Version < newest.Version))
            ? newest
            : null;

    /// <summary>Whether somebody who may have made this version had begun by <paramref name="end"/>.</summary>
    public bool MayHaveBeenThere(long end, long version) =>
        _creators.Any(write => write.Start <= end && (write.Outcome != Outcome.Done || write.Version == version));

    private static bool IsTombstone(Operation operation) => operation is { Kind: OperationKind.Delete, Outcome: Outcome.Done };

    private static bool MayHaveHappened(Operation operation) => operation.Outcome is Outcome.Done or Outcome.Unknown or Outcome.Forbidden;

    /// <summary>The highest version that was known at a time.</summary>
    private sealed class Timeline
    {
        private readonly long[] _ends;
        private readonly Operation[] _newest;

        public Timeline(IEnumerable<Operation> operations)
        {
            var byEnd = operations.OrderBy(operation => operation.End).ToArray();
            _ends = [.. byEnd.Select(operation => operation.End)];
            _newest = new Operation[byEnd.Length];
            for (var i = 0; i < byEnd.Length; i++)
            {
                _newest[i] = i > 0 && _newest[i - 1].Version >= byEnd[i].Version ? _newest[i - 1] : byEnd[i];
            }
        }

        public Operation? NewestBefore(long time)
        {
            var index = Array.BinarySearch(_ends, time);
            index = index < 0 ? ~index : index;
            while (index > 0 && _ends[index - 1] >= time)
            {
                index--;
            }

            return index == 0 ? null : _newest[index - 1];
        }
    }
}
