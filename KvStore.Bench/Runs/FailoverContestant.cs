using System.Diagnostics;
using KvStore.Bench.Data;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>
/// SIGKILL of one node, another one each round; then every key is asked for, through the others, until it was answered once.
/// The last one's time counts.
/// </summary>
internal sealed class FailoverContestant(PeerPlan plan) : Contestant(plan)
{
    private const int MaxKeys = 500;
    private const int AtATime = 16;
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);

    private int _rounds;

    public override async Task<Sample> MeasureAsync(Peer peer, BenchOptions options, CancellationToken cancel)
    {
        var cluster = (KvStorePeer)peer;
        using var http = Answers.Client(timeout: AttemptLimit);
        var victim = cluster.Nodes[_rounds++ % cluster.Nodes.Count];
        Uri[] others = [.. cluster.Nodes.Where(node => node != victim).Select(node => node.Address)];
        await AnswerAllAsync(http, others, cancel);
        peer.TouchedKeys = 0;
        await victim.KillAsync();
        var time = await AnswerAllAsync(http, others, cancel);
        await victim.StartAsync(cancel);
        await cluster.AllSeeAllAsync(cancel);
        return time < GiveUpAfter
            ? Sample.Of(new Figure(Figures.Seconds, time.TotalSeconds))
            : Sample.Broken($"not all keys answered within {GiveUpAfter.TotalSeconds} s after {victim.Name} was killed");
    }

    private async Task<TimeSpan> AnswerAllAsync(HttpClient http, Uri[] nodes, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancel };
        await Parallel.ForAsync(0, (int)Math.Min(MaxKeys, Plan.Keys), parallel, async (number, stop) =>
        {
            for (var attempt = 0; Stopwatch.GetElapsedTime(begun) < GiveUpAfter; attempt++)
            {
                if (await Answers.IsOkAsync(http, new Uri(nodes[(number + attempt) % nodes.Length], $"/kv/{BenchKeys.Of(number)}"), stop))
                {
                    return;
                }

                await Task.Delay(Pause, stop);
            }
        });
        return Stopwatch.GetElapsedTime(begun);
    }
}
