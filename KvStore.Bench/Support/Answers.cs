using KvStore.Specs.Support;

namespace KvStore.Bench.Support;

/// <summary>Single requests, outside of any load.</summary>
internal static class Answers
{
    /// <summary>For one peer; no proxy of the environment stands in between.</summary>
    /// <param name="http2">With prior knowledge: nothing is negotiated without TLS.</param>
    public static HttpClient Client(bool http2 = false, TimeSpan? timeout = null) =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 64, UseCookies = false })
        {
            Timeout = timeout ?? TimeSpan.FromSeconds(10),
            DefaultRequestVersion = http2 ? new Version(2, 0) : new Version(1, 1),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    public static async Task<bool> IsOkAsync(HttpClient http, Uri address, CancellationToken cancel)
    {
        try
        {
            using var response = await http.GetAsync(address, cancel);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (BrokenConnection.Is(fault))
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
