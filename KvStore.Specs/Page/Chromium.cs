using KvStore.Specs.Support;
using PuppeteerSharp;

namespace KvStore.Specs.Page;

/// <summary>An installed Chromium without a window, with a profile of its own that goes when it goes.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] Programs = ["chromium", "chromium-browser"];

    private readonly IBrowser _browser;
    private readonly TempDirectory _profile;

    private Chromium(IBrowser browser, TempDirectory profile) => (_browser, _profile) = (browser, profile);

    /// <summary>Null where none is installed.</summary>
    public static string? Program { get; } = (
        from name in Programs
        from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        let program = Path.Combine(directory, name)
        where File.Exists(program)
        select program).FirstOrDefault();

    /// <summary>Starts it, or skips the running <c>SkippableFact</c> where there is none.</summary>
    public static async Task<Chromium> StartAsync()
    {
        if (Program is null)
        {
            Requirements.Skip($"no browser is installed ({string.Join(" or ", Programs)} in PATH; Debian's package is chromium).");
        }

        var profile = new TempDirectory();
        try
        {
            var browser = await Puppeteer.LaunchAsync(new LaunchOptions
            {
                ExecutablePath = Program,
                UserDataDir = profile.Path,
                Timeout = (int)Patience.TotalMilliseconds,

                // A container's root has no sandbox and its /dev/shm is small; no proxy may stand between the page and its node.
                Args =
                [
                    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--no-proxy-server",
                ],
            });
            return new Chromium(browser, profile);
        }
        catch
        {
            profile.Dispose();
            throw;
        }
    }

    public Task<OpenPage> OpenAsync(Uri address, int width = OpenPage.Desktop, string scheme = "light") =>
        OpenPage.OpenAsync(_browser, address, width, scheme);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _browser.DisposeAsync();
        }
        finally
        {
            _profile.Dispose();
        }
    }
}
