using KvStore.Specs.Support;

namespace KvStore.Specs.Page;

/// <summary>What the page makes of clusters that are not well, of counters, and of other people's text.</summary>
public sealed class PageStateSpecs : IClassFixture<PageStateSpecs.Browser>, IAsyncLifetime
{
    private readonly Browser _browser;
    private ScriptedPage _server = null!;

    public PageStateSpecs(Browser browser) => _browser = browser;

    public async Task InitializeAsync() => _server = await ScriptedPage.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [SkippableFact]
    public async Task Requests_a_second_and_latencies_are_those_of_the_last_interval()
    {
        await using var page = await OpenAsync();

        // The module itself, with a clock that is told: 2 s pass between two polls.
        var figures = await page.Page.EvaluateFunctionAsync<string[]>(
            """
            async () => {
                const { Rates } = await import("/page/rates.js");
                const { latency, rate } = await import("/page/dom.js");
                const rates = new Rates();
                let at = 0;
                const add = (...counts) => {
                    const members = counts.map((own, i) => ({
                        address: `node-${i}`,
                        requests: own && { count: own.reduce((all, one) => all + one, 0), boundsSeconds: [0.01, 0.02], counts: own },
                    }));
                    const { byAddress, ofAll } = rates.add(members, at += 2000);
                    return [...byAddress.values(), ofAll]
                        .map(shown => [rate(shown.perSecond), latency(shown.p50), latency(shown.p99)].join(" ")).join(", ");
                };
                const all = [
                    add([100, 0, 0], [7, 7, 7]),
                    add([100, 20, 0], [17, 7, 17]),
                    add([100, 20, 0], [1, 0, 0]),
                    add(null, [3, 0, 0]),
                ];
                for (let i = 0; i < 100; i++) {
                    add([100, 20, 0], [1, 0, 0]);
                }
                return [...all, String(rates.add([], at).ofAll.history.length)];
            }
            """);

        Assert.Equal(
            [
                "– – –, – – –, – – –",
                "10.0 15 ms 20 ms, 10.0 10 ms > 20 ms, 20.0 15 ms > 20 ms",
                "0 – –, – – –, 0 – –",
                "– – –, 1.0 5.0 ms 9.9 ms, 1.0 5.0 ms 9.9 ms",
                "60",
            ],
            figures);
    }

    [SkippableFact]
    public async Task Figures_that_a_node_does_not_give_are_dashes_and_those_that_it_gives_are_drawn()
    {
        var polls = 0;
        _server.Cluster = () =>
        {
            polls++;
            return (200, ScriptedPage.Document(
                [ScriptedPage.Member("node-a", "a", ScriptedPage.Requests(polls * 100, 0, 0)), ScriptedPage.Member("node-b", "b")], []));
        };

        await using var page = await OpenAsync();

        await page.BecomesAsync("/^[0-9]/.test(document.getElementById('total-rate').textContent)");
        Assert.Equal(["5.0 ms", "–"], await page.TextsAsync("#members td[data-label='p50']"));
        Assert.Equal(["9.9 ms", "–"], await page.TextsAsync("#members td[data-label='p99']"));
        Assert.Equal("–", (await page.TextsAsync("#members td[data-label='Requests/s']"))[1]);
        var lines = await page.Page.EvaluateExpressionAsync<string[]>(
            "[...document.querySelectorAll('#members .line')].map(line => line.getAttribute('d'))");
        Assert.StartsWith("M", lines[0], StringComparison.Ordinal);
        Assert.Empty(lines[1]);
        Assert.Empty(page.Faults);
    }

    [SkippableFact]
    public async Task What_is_wrong_is_said_in_words()
    {
        _server.Cluster = () => (200, ScriptedPage.Document(
            [
                ScriptedPage.Member("node-a", "a", "\"leaseValid\":false"),
                ScriptedPage.Member("node-b", "b", "\"leaseValid\":null,\"liveKeys\":null,\"reachable\":false,\"status\":\"Leaving\""),
            ],
            ["""{"shard":0,"node":"node-a","keys":null,"epoch":3}""", """{"shard":1,"node":null,"keys":1,"epoch":0}"""]));

        await using var page = await OpenAsync();

        await page.ShowsAsync("#total-nodes", "1 of 2");
        await page.ShowsAsync("#total-shards", "1 of 2");
        await page.ShowsAsync("#total-keys", "–");
        await page.ShowsAsync("#counted", "keys could not be counted");
        Assert.Equal(["lost", "–"], await page.TextsAsync("#members td[data-label='Lease']"));
        Assert.Equal(["yes", "no"], await page.TextsAsync("#members td[data-label='Reachable']"));
        Assert.Equal(["Up", "Leaving"], await page.TextsAsync("#members td[data-label='Status']"));
        Assert.Equal(["1", "–"], await page.TextsAsync("#members td[data-label='Live keys']"));
        Assert.Equal(["Shard 0: node-a, keys not counted, epoch 3", "Shard 1: nobody holds it, 1 key, epoch 0"], await page.CellsAsync());
        Assert.Equal(["node-a", "held by nobody"], await page.TextsAsync("#legend bdi"));
    }

    [SkippableFact]
    public async Task Names_keys_and_values_are_text_and_never_markup()
    {
        const string Markup = "<img src=x onerror=alert(1)>";
        _server.Cluster = () => (200, ScriptedPage.Document(
            [ScriptedPage.Member(Markup, "a"), ScriptedPage.Member("link", "b", "\"leaseValid\":true,\"http\":\"javascript:alert(1)\"")],
            [$$"""{"shard":0,"node":"{{Markup}}","keys":1,"epoch":1}"""]));
        _server.Keys = _ => (200, $$"""{"key":"{{Markup}}","node":"{{Markup}}","value":"{{Markup}}","version":1}""" + "\n");

        await using var page = await OpenAsync();

        await page.ShowsAsync("#found-note", "1 key");
        await page.BecomesAsync("document.querySelectorAll('#members tr').length === 2");
        Assert.Equal([Markup, "link"], await page.TextsAsync("#members bdi"));
        Assert.Equal([Markup, $"\"{Markup}\"", Markup], await page.TextsAsync("#found bdi"));
        Assert.Equal(0, await page.Page.EvaluateExpressionAsync<int>("document.querySelectorAll('img, #members a').length"));
        Assert.Empty(page.Faults);
    }

    [SkippableFact]
    public async Task A_view_that_fails_leaves_the_last_one_and_says_so()
    {
        var isBroken = false;
        _server.Cluster = () => isBroken ? (500, "{}") : (200, ScriptedPage.Document([ScriptedPage.Member("node-a", "a")], []));
        await using var page = await OpenAsync();
        await page.ShowsAsync("#total-nodes", "1 of 1");

        isBroken = true;
        await page.ShowsAsync("#fault", $"node-a ({_server.Address.Authority}) answers with status 500.");
        Assert.Equal(["node-a"], await page.TextsAsync("#members bdi"));
        Assert.Equal("alert", await page.Page.EvaluateExpressionAsync<string>("document.getElementById('fault').role"));

        isBroken = false;
        await page.BecomesAsync("document.getElementById('banner').hidden");
    }

    [SkippableFact]
    public async Task A_listing_that_is_refused_says_what_the_problem_document_says()
    {
        _server.Keys = prefix => prefix == "" ? (200, """{"key":"a","node":null,"value":1,"version":1}""" + "\n")
            : (503, """{"title":"The keys cannot be listed now","detail":"The store does not answer."}""");
        await using var page = await OpenAsync();
        await page.ShowsAsync("#found-note", "1 key");

        await page.SearchAsync("b");

        await page.ShowsAsync("#found-note", "The keys could not be listed. The keys cannot be listed now. The store does not answer.");
        Assert.Empty(await page.TextsAsync("#found .key"));
    }

    [SkippableFact]
    public async Task The_cells_of_the_map_are_one_stop_for_the_tabulator_and_the_arrows_go_on_from_there()
    {
        _server.Cluster = () => (200, ScriptedPage.Document(
            [ScriptedPage.Member("node-a", "a")],
            Enumerable.Range(0, 128).Select(shard => $$"""{"shard":{{shard}},"node":"node-a","keys":{{shard}},"epoch":1}""")));
        await using var page = await OpenAsync();
        await page.BecomesAsync("document.querySelectorAll('#map .cell').length === 128");

        await page.Page.FocusAsync("#map .cell[tabindex='0']");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.ShowsAsync("#shard", "Shard 1: node-a, 1 key, epoch 1");
        await page.Page.Keyboard.PressAsync("ArrowDown");
        await page.ShowsAsync("#shard", "Shard 33: node-a, 33 keys, epoch 1");
        await page.Page.Keyboard.PressAsync("End");
        await page.ShowsAsync("#shard", "Shard 127: node-a, 127 keys, epoch 1");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(1, await page.Page.EvaluateExpressionAsync<int>("document.querySelectorAll('#map .cell[tabindex=\"0\"]').length"));
        Assert.True(await page.Page.EvaluateExpressionAsync<bool>("document.activeElement === document.getElementById('map').lastChild"));
    }

    [SkippableFact]
    public async Task A_page_that_nobody_looks_at_does_not_ask()
    {
        await using var page = await OpenAsync();
        await IsAskedAsync(moreThan: 1);

        // What was on its way when it was hidden may still arrive.
        await SetHiddenAsync(true);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var asked = _server.Asked("/cluster");
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Equal(asked, _server.Asked("/cluster"));
        Assert.True(await page.Page.EvaluateExpressionAsync<bool>("document.getElementById('banner').hidden"));

        await SetHiddenAsync(false);
        await IsAskedAsync(moreThan: asked);

        Task IsAskedAsync(int moreThan) => Eventually.HoldsAsync(
            $"the page has asked more than {moreThan} times", Chromium.Patience, () => _server.Asked("/cluster") > moreThan);

        Task SetHiddenAsync(bool isHidden) => page.Page.EvaluateFunctionAsync(
            """
            hidden => {
                Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }
            """,
            isHidden);
    }

    private Task<OpenPage> OpenAsync() => _browser.OpenAsync(_server.Address);

    /// <summary>One browser for all specs of the class; none where none is installed.</summary>
    public sealed class Browser : IAsyncLifetime
    {
        private Chromium? _chromium;

        public async Task InitializeAsync() => _chromium = Chromium.Program is null ? null : await Chromium.StartAsync();

        public async Task DisposeAsync()
        {
            if (_chromium is not null)
            {
                await _chromium.DisposeAsync();
            }
        }

        internal async Task<OpenPage> OpenAsync(Uri address) => await (_chromium ?? await Chromium.StartAsync()).OpenAsync(address);
    }
}
