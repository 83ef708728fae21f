using System.Text;
using KvStore.Specs.Support;

namespace KvStore.Specs.Page;

/// <summary>Two nodes as processes with some keys, and a browser; nothing at all where no browser is installed.</summary>
public sealed class ServedPage : IAsyncLifetime
{
    public const int Orders = 2_000;

    /// <summary>A key that would be markup, with what stands for something in a path.</summary>
    public const string OddKey = "<script>alert('key')</script>/ä 😀?#%2F";

    /// <summary>What a parser of JavaScript would change, and the layout that it was sent with.</summary>
    public const string OddValue =
        """
        {"amount": 12.50,"big":1e400,"id":9007199254740993123,"twice":1,"twice":2,"text":"caf\u00e9 <b> \" : { \\",
         "none":null,"list":[ ],"deep":{"a":[1,{"b":true}]}}
        """;

    public const string LargeKey = "large";

    private ClusterOfProcesses? _nodes;
    private Chromium? _browser;

    internal NodeProcess Node => _nodes![0];

    internal IReadOnlyList<NodeProcess> Nodes => _nodes!.Nodes;

    public static string OrderKey(int number) => $"orders/2026/{number:0000}";

    public async Task InitializeAsync()
    {
        if (Chromium.Program is null)
        {
            return;
        }

        // A browser is a heavy neighbour, and none of these specs is about leases.
        _nodes = await ClusterOfProcesses.StartAsync(
            2,
            StorageUnderTest.Sqlite(),
            new Dictionary<string, string> { ["KvStore__Storage__LeaseTtl"] = "00:00:20" },
            within: Chromium.Patience);
        await Parallel.ForEachAsync(Enumerable.Range(1, Orders), async (number, _) =>
            await PutAsync(OrderKey(number), $$"""{"order":{{number}},"total":{{number}}.50,"lines":[{"sku":"A-{{number % 7}}","count":1}]}"""));
        await PutAsync(OddKey, "0");
        await PutAsync(OddKey, OddValue);
        await PutAsync(LargeKey, $"[{string.Join(',', Enumerable.Range(0, 100_000))}]");
        await PutAsync("users/ada", """{"name":"Ada","born":1815}""");
        await PutAsync("users/grace", """{"name":"Grace","born":1906}""");
        _browser = await Chromium.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }
    }

    /// <summary>Opens the page of the first node, or skips the running <c>SkippableFact</c> where there is no browser.</summary>
    internal async Task<OpenPage> OpenAsync(int width = OpenPage.Desktop, string scheme = "light")
    {
        if (_browser is null)
        {
            await Chromium.StartAsync();
        }

        var page = await _browser!.OpenAsync(Node.Settings.Address, width, scheme);
        await page.BecomesAsync("document.querySelectorAll('#map .cell').length > 0 && document.querySelectorAll('#found tr').length > 0");
        return page;
    }

    /// <summary>Reads keys through both nodes, so that there is something to measure.</summary>
    internal async Task ReadOnAsync(CancellationToken stop)
    {
        for (var number = 1; !stop.IsCancellationRequested; number = (number % Orders) + 1)
        {
            using var answer = await Nodes[number % 2].Http.GetAsync($"/kv/{OrderKey(number)}", CancellationToken.None);
            answer.EnsureSuccessStatusCode();
        }
    }

    private async Task PutAsync(string key, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var stored = await Node.Http.PutAsync($"/kv/{Uri.EscapeDataString(key)}", body);
        stored.EnsureSuccessStatusCode();
    }
}
