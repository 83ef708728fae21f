using System.Collections.Concurrent;
using KvStore.Specs.Support;
using PuppeteerSharp;

namespace KvStore.Specs.Page;

/// <summary>The page of a node in a browser, and what went wrong in it.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    public const int Desktop = 1280;
    public const int Phone = 360;

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentQueue<Uri> _requests = new();

    private OpenPage(IPage page)
    {
        Page = page;
        page.Console += (_, e) =>
        {
            if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning)
            {
                _faults.Enqueue($"{e.Message.Type}: {e.Message.Text} ({e.Message.Location?.URL})");
            }
        };
        page.PageError += (_, e) => _faults.Enqueue(e.Message);
        page.Request += (_, e) => _requests.Enqueue(new Uri(e.Request.Url));
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of its console, errors that nobody caught, and what its policy forbade.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    public IReadOnlyCollection<Uri> Requests => _requests;

    public static async Task<OpenPage> OpenAsync(IBrowser browser, Uri address, int width, string scheme)
    {
        var open = new OpenPage(await browser.NewPageAsync());
        open.Page.DefaultTimeout = (int)Chromium.Patience.TotalMilliseconds;
        await open.Page.EvaluateFunctionOnNewDocumentAsync(
            """
            () => addEventListener("securitypolicyviolation",
                event => console.error(`forbidden by policy: ${event.violatedDirective} ${event.blockedURI}`))
            """);
        await open.ShowAsync(width, scheme);
        await open.Page.GoToAsync(address.ToString(), WaitUntilNavigation.Load);
        return open;
    }

    public async Task ShowAsync(int width, string scheme)
    {
        await Page.SetViewportAsync(new ViewPortOptions
        {
            Width = width,
            Height = width < 500 ? 740 : 900,
            IsMobile = width < 500,
            HasTouch = width < 500,
        });
        await Page.EmulateMediaFeaturesAsync(
        [
            new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme },
            new MediaFeatureValue { MediaFeature = MediaFeature.PrefersReducedMotion, Value = "reduce" },
        ]);
    }

    /// <summary>Waits until a JavaScript expression is true.</summary>
    public Task BecomesAsync(string expression) => Eventually.HoldsAsync(
        $"the page shows {expression}",
        Chromium.Patience,
        async _ => await Page.EvaluateExpressionAsync<bool>(expression),
        () => string.Join('\n', _faults));

    /// <summary>Waits until an element has this text.</summary>
    public async Task ShowsAsync(string selector, string text)
    {
        string? last = null;
        await Eventually.HoldsAsync(
            $"{selector} is '{text}'",
            Chromium.Patience,
            async _ => (last = (await TextsAsync(selector)).FirstOrDefault()) == text,
            () => $"It is '{last}'.\n{string.Join('\n', _faults)}");
    }

    /// <summary>The text of each element that the selector finds.</summary>
    public Task<string[]> TextsAsync(string selector) => Page.EvaluateFunctionAsync<string[]>(
        "selector => [...document.querySelectorAll(selector)].map(found => found.textContent)", selector);

    public async Task<string> TextAsync(string selector) => Assert.Single(await TextsAsync(selector));

    /// <summary>What each cell of the shard map says to who cannot see its colour.</summary>
    public Task<string[]> CellsAsync() =>
        Page.EvaluateExpressionAsync<string[]>("[...document.querySelectorAll('#map .cell')].map(cell => cell.ariaLabel)");

    /// <summary>Writes a prefix into the key browser, in the place of what was there, as a person does.</summary>
    public Task SearchAsync(string prefix) => Page.EvaluateFunctionAsync(
        """
        text => {
            const field = document.getElementById("prefix");
            field.value = text;
            field.dispatchEvent(new Event("input"));
        }
        """,
        prefix);

    public async ValueTask DisposeAsync() => await Page.DisposeAsync();
}
