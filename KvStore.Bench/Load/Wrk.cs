using System.Globalization;
using System.Text.Json;
using KvStore.Bench.Data;
using KvStore.Bench.Peers;
using KvStore.Bench.Support;

namespace KvStore.Bench.Load;

/// <summary>Closed-loop load over HTTP/1.1: each connection sends its next request when it has the answer to the last.</summary>
internal static class Wrk
{
    private const string Mark = "bench {";
    private const int TimeoutSeconds = 10;
    private static readonly Lazy<string> Script = new(ReadScript);
    private static int _runs;

    public static string Require() => Tools.Require("wrk", "wrk");

    /// <param name="firstInOrder">Null: keys at random; else in order, beginning so far on.</param>
    public static async Task<LoadResult> RunAsync(
        Peer peer, Workload workload, int connections, TimeSpan duration, CancellationToken cancel, long? firstInOrder = null)
    {
        var program = Require();
        using var folder = new TempFolder();
        var script = folder.File("requests.lua");
        await File.WriteAllTextAsync(script, Settings(peer, workload, firstInOrder) + Script.Value, cancel);
        var threads = peer.Addresses.Count;
        var output = await ToolRun.RunAsync(
            program,
            [
                $"-t{threads}", $"-c{Math.Max(connections, threads)}", $"-d{Math.Max(1, (int)Math.Ceiling(duration.TotalSeconds))}s",
                "--timeout", $"{TimeoutSeconds}s", "-s", script, peer.Addresses[0].ToString(),
            ],
            cancel);
        return Parse(output);
    }

    private static string Settings(Peer peer, Workload workload, long? first)
    {
        var run = Interlocked.Increment(ref _runs);
        var addresses = string.Join(", ", peer.Addresses.Select(address => $"{{\"{address.Host}\", \"{address.Port}\"}}"));
        return string.Create(CultureInfo.InvariantCulture, $$"""
            bench = {
              dialect = "{{peer.Dialect.Name}}", operation = "{{workload.Operation.ToString().ToLowerInvariant()}}",
              keys = {{workload.Keys}}, stride = {{workload.Stride}}, value = [=[{{BenchValues.Of(workload.ValueBytes)}}]=],
              addresses = { {{addresses}} }, seed = {{run * 1_000}}, run = "n{{Environment.ProcessId}}-{{run}}",
              order = "{{(first is null ? "random" : "sequence")}}", first = {{first ?? 0}},
            }

            """);
    }

    private static LoadResult Parse(string output)
    {
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal))
            ?? throw new BenchException($"wrk did not tell its figures:\n{output}");
        using var document = JsonDocument.Parse(line[(Mark.Length - 1)..]);
        var root = document.RootElement;
        var conflicts = Number("conflicts");
        return new LoadResult(
            Number("requests"),
            TimeSpan.FromMicroseconds(Number("microseconds")),
            Number("status") - conflicts,
            Number("connect") + Number("read") + Number("write") + Number("timeout"),
            conflicts,
            new Latencies(Milliseconds("p50"), Milliseconds("p90"), Milliseconds("p99"), Milliseconds("p999"), Milliseconds("max")));

        long Number(string name) => root.GetProperty(name).GetInt64();

        double Milliseconds(string name) => Number(name) / 1000.0;
    }

    private static string ReadScript()
    {
        using var stream = typeof(Wrk).Assembly.GetManifestResourceStream("requests.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
