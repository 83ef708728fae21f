using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>The answers that say that the key was absent, without saying at which of its absences.</summary>
internal sealed class AbsentReads
{
    private readonly long[] _ends;
    private readonly long[] _latestStarts;

    public AbsentReads(IEnumerable<Operation> reads)
    {
        var byEnd = reads.OrderBy(read => read.End).ToArray();
        _ends = [.. byEnd.Select(read => read.End)];
        _latestStarts = new long[byEnd.Length];
        var latest = long.MinValue;
        for (var i = 0; i < byEnd.Length; i++)
        {
            _latestStarts[i] = latest = Math.Max(latest, byEnd[i].Start);
        }
    }

    /// <summary>The latest start of those that ended before <paramref name="time"/>, or the least number where there is none.</summary>
    public long LatestStartOfEndedBefore(long time)
    {
        var index = Array.BinarySearch(_ends, time);
        index = index < 0 ? ~index : index;
        while (index > 0 && _ends[index - 1] == time)
        {
            index--;
        }

        return index == 0 ? long.MinValue : _latestStarts[index - 1];
    }

    public long LatestStart => _latestStarts.Length == 0 ? long.MinValue : _latestStarts[^1];
}
