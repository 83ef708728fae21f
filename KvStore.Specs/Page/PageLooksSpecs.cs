using PuppeteerSharp;

namespace KvStore.Specs.Page;

/// <summary>
/// Whether the page can be read: on a phone, in light and dark. With <see cref="Variable"/> set to a directory the specs leave
/// pictures there, for eyes to judge what they cannot.
/// </summary>
[Collection(ServedPageCollection.Name)]
public sealed class PageLooksSpecs(ServedPage served)
{
    public const string Variable = "KVSTORE_SCREENSHOTS";

    /// <summary>What WCAG 2.2 asks of text of any size (level AA).</summary>
    private const double LeastContrast = 4.5;

    /// <summary>
    /// The texts whose contrast to the ground behind them is too low. Colours are painted, to have them as numbers whatever
    /// notation they are in.
    /// </summary>
    private const string FaintTexts = """
        least => {
            const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
            const known = new Map();
            const paint = colour => {
                if (!known.has(colour)) {
                    brush.clearRect(0, 0, 1, 1);
                    brush.fillStyle = colour;
                    brush.fillRect(0, 0, 1, 1);
                    known.set(colour, [...brush.getImageData(0, 0, 1, 1).data]);
                }
                return known.get(colour);
            };
            const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
                .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = element => {
                const colour = element ? paint(getComputedStyle(element).backgroundColor) : [255, 255, 255, 255];
                return colour[3] === 255 ? colour : ground(element.parentElement);
            };
            const faint = [];
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const element = texts.currentNode.parentElement;
                if (texts.currentNode.data.trim() === "" || element.closest("noscript") || !element.checkVisibility()) {
                    continue;
                }
                const [dark, bright] = [light(paint(getComputedStyle(element).color)), light(ground(element))]
                    .sort((one, other) => one - other);
                const contrast = (bright + 0.05) / (dark + 0.05);
                if (contrast < least) {
                    faint.push(`${contrast.toFixed(2)}: ${texts.currentNode.data.slice(0, 40)} in ${element.outerHTML.slice(0, 120)}`);
                }
            }
            return faint;
        }
        """;

    [SkippableTheory]
    [InlineData(OpenPage.Desktop, "light")]
    [InlineData(OpenPage.Desktop, "dark")]
    [InlineData(OpenPage.Phone, "light")]
    [InlineData(OpenPage.Phone, "dark")]
    public async Task The_page_is_as_wide_as_its_window_and_every_text_stands_out(int width, string scheme)
    {
        await using var page = await served.OpenAsync(width, scheme);
        await page.ShowsAsync("#total-shards", "128 of 128");
        await page.Page.ClickAsync("#found .key");
        await page.BecomesAsync("document.querySelector('#found .value') !== null");

        await PictureAsync(page, $"{(width == OpenPage.Phone ? "phone" : "desktop")}-{scheme}.png");

        Assert.Equal(width, await page.Page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal(
            scheme == "dark",
            await page.Page.EvaluateExpressionAsync<bool>("getComputedStyle(document.body).backgroundColor === 'rgb(15, 18, 22)'"));
        Assert.Empty(await page.Page.EvaluateFunctionAsync<string[]>(FaintTexts, LeastContrast));
        Assert.Empty(page.Faults);
    }

    private async Task PictureAsync(OpenPage page, string name)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } directory)
        {
            return;
        }

        // Lines of a few points only would not show what they look like.
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await served.ReadOnAsync(stop.Token);
        Directory.CreateDirectory(directory);
        await page.Page.ScreenshotAsync(Path.Combine(directory, name), new ScreenshotOptions { FullPage = true });
    }
}
