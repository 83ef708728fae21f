using System.Globalization;
using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Page;

/// <summary>What a person sees on the page of a node, in a browser, with real nodes behind it.</summary>
[Collection(ServedPageCollection.Name)]
public sealed class PageSpecs(ServedPage served)
{
    private const int AllKeys = ServedPage.Orders + 4;

    [SkippableFact]
    public async Task Members_are_shown_with_status_roles_reachability_and_lease()
    {
        await using var page = await served.OpenAsync();

        await page.BecomesAsync("document.querySelectorAll('#members tr').length === 2");

        Assert.Equal(["node-0", "node-1"], await page.TextsAsync("#members bdi"));
        Assert.Equal("this node", await page.TextAsync("#members .tag"));
        await page.ShowsAsync("#total-nodes", "2 of 2");
        Assert.Equal(["Up", "Up"], await ColumnAsync("Status"));
        Assert.Equal(["yes", "yes"], await ColumnAsync("Reachable"));
        Assert.Equal(["valid", "valid"], await ColumnAsync("Lease"));
        Assert.All(await ColumnAsync("Roles"), roles => Assert.NotEqual("–", roles));
        Assert.Equal(
            served.Nodes[1].Settings.Address,
            new Uri(await page.Page.EvaluateExpressionAsync<string>("document.querySelector('#members a').href")));

        Task<string[]> ColumnAsync(string label) => page.TextsAsync($"#members td[data-label='{label}']");
    }

    [SkippableFact]
    public async Task The_shard_map_has_a_cell_for_each_shard_with_its_node_and_its_keys()
    {
        await using var page = await served.OpenAsync();
        await page.ShowsAsync("#total-keys", string.Create(CultureInfo.InvariantCulture, $"{AllKeys:N0}"));
        await page.ShowsAsync("#total-shards", "128 of 128");

        using var cluster = JsonDocument.Parse(await served.Node.Http.GetStringAsync("/cluster"));
        Assert.Equal(cluster.RootElement.GetProperty("shards").EnumerateArray().Select(Sentence), await page.CellsAsync());

        // The letter of a cell is the letter of its node.
        Assert.Equal(["node-0", "node-1"], await page.TextsAsync("#legend bdi"));
        Assert.Equal(["A", "B"], await page.TextsAsync("#legend .mark"));
        Assert.True(await page.Page.EvaluateExpressionAsync<bool>(
            "[...document.querySelectorAll('#map .cell')].every(cell => cell.textContent === (cell.ariaLabel.includes('node-0') ? 'A' : 'B'))"));

        static string Sentence(JsonElement shard)
        {
            var keys = shard.GetProperty("keys").GetInt64();
            return $"Shard {shard.GetProperty("shard")}: {shard.GetProperty("node")}, {keys} {(keys == 1 ? "key" : "keys")}, epoch {shard.GetProperty("epoch")}";
        }
    }

    [SkippableFact]
    public async Task Requests_a_second_and_latencies_of_each_node_are_shown_while_it_answers_some()
    {
        await using var page = await served.OpenAsync();
        using var stop = new CancellationTokenSource();
        var reading = served.ReadOnAsync(stop.Token);
        try
        {
            // All of one interval: on a busy machine there are some in which a node answers nothing.
            await page.BecomesAsync(
                """
                ["Requests/s", "p50", "p99"].map(label => `#members td[data-label="${label}"]`).concat("#total-rate", "#total-p50", "#total-p99")
                    .flatMap(selector => [...document.querySelectorAll(selector)].map(figure => figure.textContent))
                    .every(figure => /^[0-9][0-9,.]*( m?s)?$/.test(figure) && figure !== "0")
                """);
            await page.BecomesAsync("[...document.querySelectorAll('#members .line')].every(line => line.getAttribute('d') !== '')");
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    [SkippableFact]
    public async Task Keys_are_found_by_their_prefix_page_by_page()
    {
        await using var page = await served.OpenAsync();

        await page.SearchAsync("users/");
        await page.ShowsAsync("#found-note", "2 keys");
        Assert.Equal(["users/ada", "users/grace"], await page.TextsAsync("#found .key"));
        Assert.Equal(["""{"name":"Ada","born":1815}""", """{"name":"Grace","born":1906}"""], await page.TextsAsync("#found .preview"));

        await page.SearchAsync("orders/2026/03");
        await page.ShowsAsync("#found-note", "The first 50 keys");
        await page.Page.ClickAsync("#more");
        await page.ShowsAsync("#found-note", "100 keys");
        Assert.Equal(Enumerable.Range(300, 100).Select(ServedPage.OrderKey), await page.TextsAsync("#found .key"));
        Assert.True(await page.Page.EvaluateExpressionAsync<bool>("document.getElementById('more').hidden"));

        await page.SearchAsync("<script>");
        await page.ShowsAsync("#found-note", "1 key");
        Assert.Equal(ServedPage.OddKey, await page.TextAsync("#found .key"));

        await page.SearchAsync("no such");
        await page.ShowsAsync("#found-note", "No key begins with this.");
        Assert.Empty(await page.TextsAsync("#found .key"));
        Assert.Empty(page.Faults);
    }

    [SkippableFact]
    public async Task A_value_is_shown_as_it_was_sent_with_its_version()
    {
        await using var page = await served.OpenAsync();
        await page.SearchAsync("<script>");
        await page.ShowsAsync("#found-note", "1 key");

        await page.Page.ClickAsync("#found .key");
        await page.BecomesAsync("document.querySelector('#found .value') !== null");

        var shown = await page.TextAsync("#found .value");
        Assert.Equal(WithoutLayout(ServedPage.OddValue), WithoutLayout(shown));
        Assert.Contains("\n  \"amount\": 12.50,\n  \"big\": 1e400,\n", shown, StringComparison.Ordinal);
        Assert.Equal("2", await page.TextAsync("#found .version"));
        Assert.StartsWith("Version 2, ", await page.TextAsync("#found .opened p"), StringComparison.Ordinal);
        Assert.Empty(page.Faults);
    }

    [SkippableFact]
    public async Task Of_a_large_value_the_beginning_is_shown_and_the_rest_on_demand()
    {
        await using var page = await served.OpenAsync();
        await page.SearchAsync(ServedPage.LargeKey);
        await page.ShowsAsync("#found-note", "1 key");

        await page.Page.ClickAsync("#found .key");
        await page.BecomesAsync("document.querySelector('#found .value') !== null");
        Assert.InRange((await page.TextAsync("#found .value")).Length, 1_000, 10_000);

        await page.Page.ClickAsync("#found .value + button");
        await page.BecomesAsync("document.querySelector('#found .value').textContent.endsWith('99999\\n]')");
        Assert.Equal(100_002, (await page.TextAsync("#found .value")).Split('\n').Length);
        Assert.Empty(page.Faults);
    }

    [SkippableFact]
    public async Task The_page_asks_its_own_node_and_nobody_else_and_nothing_goes_wrong_in_it()
    {
        await using var page = await served.OpenAsync();
        await page.SearchAsync("users/");
        await page.ShowsAsync("#found-note", "2 keys");
        await page.Page.ClickAsync("#found .key");
        await page.BecomesAsync("document.querySelector('#found .value') !== null");
        await Eventually.HoldsAsync(
            "the view was asked for again", Chromium.Patience, () => page.Requests.Count(request => request.AbsolutePath == "/cluster") > 2);

        Assert.All(page.Requests, request => Assert.Equal(served.Node.Settings.Address.Authority, request.Authority));
        Assert.Empty(page.Faults);
        Assert.True(await page.Page.EvaluateExpressionAsync<bool>("document.getElementById('banner').hidden"));
    }

    /// <summary>Nothing between the tokens of a JSON text.</summary>
    private static string WithoutLayout(string json)
    {
        var isInside = false;
        var isEscaped = false;
        return string.Concat(json.Where(c =>
        {
            var keep = isInside || !char.IsWhiteSpace(c);
            isInside = c == '"' && !isEscaped ? !isInside : isInside;
            isEscaped = c == '\\' && !isEscaped;
            return keep;
        }));
    }
}
