using KvStore.Specs.Support;

namespace KvStore.Specs.Page;

/// <summary>The page while its cluster changes.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class LivePageSpecs
{
    [SkippableFact]
    public async Task A_node_that_joins_appears_and_a_node_that_falls_silent_is_told_of_with_what_it_said_last()
    {
        await using var browser = await Chromium.StartAsync();
        using var storage = StorageUnderTest.Sqlite();
        var seedPort = FreePorts.Next();
        await using var node = NodeProcess.Start(new("node-0", FreePorts.Next(), seedPort, [seedPort], storage, []));
        await node.BecomesReadyAsync();
        await ForEachKeyAsync(path => node.Http.PutAsync(path, new StringContent("1")));
        await using var page = await browser.OpenAsync(node.Settings.Address);
        await page.ShowsAsync("#total-nodes", "1 of 1");

        // Its connections stay open, as with a machine that hangs.
        node.Stop();
        await page.ShowsAsync("#fault", $"node-0 ({node.Settings.Address.Authority}) does not answer.");
        Assert.Matches("^What is shown is [0-9]+ s old\\.$", await page.TextAsync("#age"));
        Assert.Equal(["node-0"], await page.TextsAsync("#members bdi"));
        node.Continue();
        await page.BecomesAsync("document.getElementById('banner').hidden");

        await using var other = NodeProcess.Start(new("node-1", FreePorts.Next(), FreePorts.Next(), [seedPort], storage, []));
        await page.ShowsAsync("#total-nodes", "2 of 2");
        await Eventually.HoldsAsync("a shard of the map is node-1's", Chromium.Patience, async cancel =>
        {
            // A shard moves with the next request that it gets.
            await ForEachKeyAsync(path => node.Http.GetAsync(path, cancel));
            return (await page.CellsAsync()).Any(cell => cell.Contains("node-1", StringComparison.Ordinal));
        });
        Assert.Equal(["node-0", "node-1"], await page.TextsAsync("#members bdi"));

        await node.KillAsync();
        await page.ShowsAsync("#fault", $"node-0 ({node.Settings.Address.Authority}) does not answer.");
        Assert.Equal("Ask another node: node-1", await page.TextAsync("#others"));
        Assert.Equal(["node-0", "node-1"], await page.TextsAsync("#members bdi"));
    }

    private static Task ForEachKeyAsync(Func<string, Task<HttpResponseMessage>> send) =>
        Parallel.ForEachAsync(Enumerable.Range(0, 100), async (i, _) =>
        {
            using var answer = await send($"/kv/key-{i}");
            answer.EnsureSuccessStatusCode();
        });
}
