using System.Globalization;
using System.Text.RegularExpressions;
using KvStore.Bench.Data;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Load;

/// <summary>Closed-loop load over HTTP/2 with prior knowledge, one request at a time on each connection, as with <see cref="Wrk"/>.</summary>
internal static partial class H2Load
{
    /// <summary>Of the list that each connection goes through.</summary>
    private const int DifferentKeys = 10_000;

    private const int StatusColumn = 1;
    private const int MicrosecondsColumn = 2;

    public static string Require() => Tools.Require("h2load", "nghttp2-client");

    public static async Task<LoadResult> RunAsync(Peer peer, Workload workload, int connections, TimeSpan duration, CancellationToken cancel)
    {
        var program = Require();
        using var folder = new TempFolder();
        var (targets, body, log) = (folder.File("targets"), folder.File("body"), folder.File("log"));
        var random = new Random(DifferentKeys);
        await File.WriteAllLinesAsync(
            targets,
            Enumerable.Range(0, DifferentKeys).Select(_ => new Uri(peer.Addresses[0], $"/kv/{BenchKeys.Of(random.NextInt64(workload.Keys))}").ToString()),
            cancel);
        await File.WriteAllTextAsync(body, BenchValues.Of(workload.ValueBytes), cancel);
        string[] put = workload.Operation == Operation.Put ? ["-d", body, "-H", ":method: PUT", "-H", "content-type: application/json"] : [];
        var output = await ToolRun.RunAsync(
            program,
            [
                "-t1", $"-c{connections}", "-m1", "-D", Math.Max(1, (int)Math.Ceiling(duration.TotalSeconds)).ToString(CultureInfo.InvariantCulture),
                "--log-file", log, "-i", targets, .. put,
            ],
            cancel);
        return Parse(output, log);
    }

    private static LoadResult Parse(string output, string log)
    {
        var (time, counts) = (Finished().Match(output), Requests().Match(output));
        if (!time.Success || !counts.Success)
        {
            throw new BenchException($"h2load did not tell its figures:\n{output}");
        }

        var latencies = new List<double>();
        var bad = 0L;
        foreach (var columns in File.ReadLines(log).Select(line => line.Split('\t')).Where(columns => columns.Length > MicrosecondsColumn))
        {
            latencies.Add(long.Parse(columns[MicrosecondsColumn], CultureInfo.InvariantCulture) / 1000.0);
            bad += columns[StatusColumn][0] == '2' ? 0 : 1;
        }

        return new LoadResult(
            latencies.Count,
            TimeSpan.FromSeconds(latencies.Count / double.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture)),
            bad,
            long.Parse(counts.Groups[1].Value, CultureInfo.InvariantCulture),
            0,
            Latencies.Of(latencies));
    }

    [GeneratedRegex(@"finished in [^,]+, ([0-9.]+) req/s")]
    private static partial Regex Finished();

    [GeneratedRegex(@"requests: .* ([0-9]+) errored, ")]
    private static partial Regex Requests();
}
