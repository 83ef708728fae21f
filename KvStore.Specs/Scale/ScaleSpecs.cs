using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Sqlite;
using KvStore.Specs.Original;
using KvStore.Specs.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace KvStore.Specs.Scale;

/// <summary>
/// Many keys on one node process: what it answers stays right and what it needs stays bounded. A tenth of the full size by
/// default; <c>KVSTORE_SPECS_SCALE=1</c> runs 1,000,000 keys in a listing and 2,000,000 through 100,000 live actors.
/// </summary>
public sealed class ScaleSpecs(ITestOutputHelper output)
{
    private const int Writers = 64;

    private static readonly double Scale =
        double.Parse(Environment.GetEnvironmentVariable("KVSTORE_SPECS_SCALE") ?? "0.1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_listing_of_many_keys_is_sorted_and_whole_and_starts_at_once_while_writes_go_on()
    {
        var count = (int)(1_000_000 * Scale);
        using var storage = StorageUnderTest.Sqlite();
        await SeedAsync(storage, count);
        await using var node = await StartAsync(storage, []);
        using var client = new OriginalClient([node.Settings.Address]);
        await client.ListAsync("nothing/");
        var peakBefore = Memory(node, "VmHWM");
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(writer => WriteOnAsync(client, writer, count, stop.Token)).ToList();

        var watch = Stopwatch.StartNew();
        var (keys, firstLine) = await ListAsync(node, watch);
        var took = watch.Elapsed;
        await stop.CancelAsync();
        var written = (await Task.WhenAll(writers)).Sum();

        var peakAfter = Memory(node, "VmHWM");
        output.WriteLine(
            $"{count} keys listed in {took.TotalSeconds:0.00} s ({count / took.TotalSeconds:0} keys/s), first line after {firstLine.TotalMilliseconds:0} ms, "
            + $"{written} writes meanwhile, peak memory {peakBefore / 1024} MiB before and {peakAfter / 1024} MiB after");
        Assert.True(written > 0, "Nothing was written meanwhile.");
        Assert.InRange(firstLine, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(count, keys.Count);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(SeedKey(i), keys[i]);
        }

        Assert.InRange(peakAfter - peakBefore, 0, 192 * 1024);
    }

    [Fact]
    public async Task Far_more_keys_than_may_live_are_written_and_read_in_bounded_memory()
    {
        var count = (int)(2_000_000 * Scale);
        var bound = (int)(100_000 * Scale);
        using var storage = StorageUnderTest.Sqlite();
        await using var node = await StartAsync(storage, [new("KvStore__Limits__MaxLiveKeys", $"{bound}")]);
        using var client = new OriginalClient([node.Settings.Address]);
        var mostLive = 0;

        var watch = Stopwatch.StartNew();
        await ForEachAsync(count, async i =>
        {
            Assert.Equal(1, (await client.PutAsync(SeedKey(i), $"{i}")).Version);
            if (i % (count / 200) == 0)
            {
                mostLive = Math.Max(mostLive, await LiveKeysAsync(client));
            }
        });
        var wrote = watch.Elapsed;
        var peakWritten = Memory(node, "VmHWM");
        watch.Restart();
        await ForEachAsync(count, async i =>
        {
            Assert.Equal((SeedKey(i), $"{i}", 1), (await client.GetAsync(SeedKey(i))).Entry);
            if (i % (count / 200) == 0)
            {
                mostLive = Math.Max(mostLive, await LiveKeysAsync(client));
            }
        });

        output.WriteLine(
            $"{count} keys, bound {bound}: written in {wrote.TotalSeconds:0} s ({count / wrote.TotalSeconds:0}/s), read in {watch.Elapsed.TotalSeconds:0} s "
            + $"({count / watch.Elapsed.TotalSeconds:0}/s); at most {mostLive} live; peak memory {peakWritten / 1024} MiB after the writes, "
            + $"{Memory(node, "VmHWM") / 1024} MiB after the reads, {Memory(node, "VmRSS") / 1024} MiB now");
        Assert.InRange(mostLive, 1, bound);
        Assert.InRange(Memory(node, "VmHWM"), 1, (500 + (bound * 4 / 1024)) * 1024);
    }

    private static string SeedKey(int i) => $"key-{i:00000000}";

    private static async Task<NodeProcess> StartAsync(StorageUnderTest storage, KeyValuePair<string, string>[] settings)
    {
        var clusterPort = FreePorts.Next();
        var node = NodeProcess.Start(
            new("node", FreePorts.Next(), clusterPort, [clusterPort], storage, ImmutableDictionary.CreateRange(settings)));
        await node.BecomesReadyAsync();
        return node;
    }

    /// <summary>Puts the rows there as a node would, batch by batch, and leaves the store as a node does that ends.</summary>
    private static async Task SeedAsync(StorageUnderTest storage, int count)
    {
        var options = new StorageOptions { ConnectionString = storage.ConnectionString };
        await using var store = new SqliteKeyStore(options, ShardMap.DefaultShards, TimeProvider.System, NullLogger<SqliteKeyStore>.Instance);
        await store.OpenAsync(CancellationToken.None);
        var seeder = KeyNode.NewRow("seeder", TimeSpan.FromMinutes(5));
        await store.RegisterAsync(seeder, CancellationToken.None);
        for (var shard = 0; shard < ShardMap.DefaultShards; shard++)
        {
            Assert.IsType<AcquireResult.Acquired>(await store.AcquireAsync(new AcquireRequest(shard, seeder.NodeId, null, 0)));
        }

        var rows = Enumerable.Range(0, count).Select(i =>
        {
            var key = Key.Parse(SeedKey(i));
            return new RowWrite(
                key, ShardMap.ShardOf(key, ShardMap.DefaultShards), 1, KeyVersion.None, new KeyVersion(1), JsonText.Of($$"""{"n":{{i}}}"""));
        });
        foreach (var batch in rows.Chunk(5_000))
        {
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync(seeder.NodeId, batch));
        }

        await store.UnregisterAsync(seeder.NodeId);
    }

    private static async Task<(List<string> Keys, TimeSpan FirstLine)> ListAsync(NodeProcess node, Stopwatch watch)
    {
        using var response = await node.Http.GetAsync(new Uri("/kv", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var keys = new List<string>();
        TimeSpan? firstLine = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            firstLine ??= watch.Elapsed;
            using var document = JsonDocument.Parse(line);
            keys.Add(document.RootElement.GetProperty("key").GetString()!);
        }

        return (keys, firstLine ?? watch.Elapsed);
    }

    private static async Task<int> WriteOnAsync(OriginalClient client, int writer, int count, CancellationToken stop)
    {
        var random = new Random(writer);
        var written = 0;
        while (!stop.IsCancellationRequested)
        {
            Assert.InRange((await client.PutAsync(SeedKey(random.Next(count)), """{"n":"again"}""")).Version, 2, int.MaxValue);
            written++;
        }

        return written;
    }

    private static Task ForEachAsync(int count, Func<int, Task> action) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (i, _) => await action(i));

    private static async Task<int> LiveKeysAsync(OriginalClient client)
    {
        using var document = JsonDocument.Parse((await client.SendAsync(HttpMethod.Get, null, "/cluster", null)).Body);
        return document.RootElement.GetProperty("members")[0].GetProperty("liveKeys").GetInt32();
    }

    /// <summary>KiB, by the kernel's account.</summary>
    private static int Memory(NodeProcess node, string field) => int.Parse(
        File.ReadLines($"/proc/{node.ProcessId}/status").Single(line => line.StartsWith(field + ":", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
