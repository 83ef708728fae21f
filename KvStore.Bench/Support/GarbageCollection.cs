using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;

namespace KvStore.Bench.Support;

/// <summary>What lives in the heap of another .NET process.</summary>
internal static class GarbageCollection
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";

    /// <summary>GCHeapCollect: whoever begins to listen to it makes the runtime collect everything, as <c>dotnet-gcdump</c> does.</summary>
    private const long CollectKeyword = 0x800000;

    /// <summary>For the collection to end.</summary>
    private static readonly TimeSpan Collecting = TimeSpan.FromSeconds(1);

    /// <summary>An answer of <c>/metrics</c> is given again for a while (300 ms).</summary>
    private static readonly TimeSpan Caching = TimeSpan.FromSeconds(0.5);

    /// <summary>Bytes of objects after a full collection: what the generations span, less the holes in them.</summary>
    public static async Task<double> LiveBytesAsync(int process, HttpClient http, Uri metrics, CancellationToken cancel)
    {
        await CollectAsync(process, cancel);
        await Task.Delay(Caching, cancel);
        var text = await http.GetStringAsync(metrics, cancel);
        return Sum(text, "dotnet_gc_last_collection_heap_size_bytes") - Sum(text, "dotnet_gc_last_collection_heap_fragmentation_size_bytes");
    }

    /// <summary>Has a process collect all of its garbage.</summary>
    public static async Task CollectAsync(int process, CancellationToken cancel)
    {
        var client = new DiagnosticsClient(process);
        using var session = await client.StartEventPipeSessionAsync(
            new EventPipeProvider(Runtime, EventLevel.Informational, CollectKeyword), requestRundown: false, token: cancel);
        var drained = session.EventStream.CopyToAsync(Stream.Null, cancel);
        await Task.Delay(Collecting, cancel);
        await session.StopAsync(cancel);
        await drained;
    }

    private static double Sum(string metrics, string name)
    {
        var values = metrics.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture))
            .ToArray();
        return values.Length > 0 ? values.Sum() : throw new BenchException($"/metrics has no {name}");
    }
}
