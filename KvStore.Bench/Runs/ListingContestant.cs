using System.Diagnostics;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>One client that reads the whole listing, as fast as it comes.</summary>
internal sealed class ListingContestant(PeerPlan plan) : Contestant(plan)
{
    private const int BufferBytes = 256 * 1024;
    private long _residentBefore;

    /// <summary>The first one counts for memory, which does not shrink again, but not for time.</summary>
    public override async Task PrepareAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        _residentBefore = peer.Holders.Sum(ProcessUsage.ResidentBytes);
        peer.ForgetPeak();
        await ListAsync(peer, cancel);
    }

    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        var before = peer.CpuSeconds();
        var (keys, firstLine, whole) = await ListAsync(peer, cancel);
        var figures = Sample.Of(
            new(Figures.KeysPerSecond, keys / whole.TotalSeconds),
            new(Figures.FirstLine, firstLine.TotalMilliseconds),
            new(Figures.MemoryGrowth, (peer.Holders.Sum(ProcessUsage.PeakBytes) - _residentBefore) / 1024.0 / 1024.0),
            new(Figures.Cpu, 1_000 * (peer.CpuSeconds() - before) / Math.Max(1, keys)));
        return keys == Plan.Keys ? figures : figures with { Fault = $"the listing has {keys} keys of {Plan.Keys}" };
    }

    private static async Task<(long Keys, TimeSpan FirstLine, TimeSpan Whole)> ListAsync(Peer peer, CancellationToken cancel)
    {
        using var http = Answers.Client(timeout: Timeout.InfiniteTimeSpan);
        var begun = Stopwatch.GetTimestamp();
        await using var body = await http.GetStreamAsync(new Uri(peer.Addresses[0], "/kv"), cancel);
        var buffer = new byte[BufferBytes];
        var (lines, firstLine) = (0L, TimeSpan.Zero);
        for (int count; (count = await body.ReadAsync(buffer, cancel)) > 0;)
        {
            lines += buffer.AsSpan(0, count).Count((byte)'\n');
            if (firstLine == TimeSpan.Zero && lines > 0)
            {
                firstLine = Stopwatch.GetElapsedTime(begun);
            }
        }

        return (lines, firstLine, Stopwatch.GetElapsedTime(begun));
    }
}
