using System.Net;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>Whether each of several nodes answers for every key of the load, and without a stall.</summary>
internal static class EveryNodeServes
{
    private const int AtATime = 16;

    /// <returns>How many reads took too long or failed before that.</returns>
    /// <exception cref="TimeoutException">They do not in time.</exception>
    public static async Task<int> AwaitAsync(IReadOnlyList<Uri> nodes, TimeSpan within, CancellationToken cancel)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = SteadyLoad.Stall };
        var left = nodes.SelectMany(node => SteadyLoad.AllKeys.Select(key => SteadyLoad.AddressOf(node, key))).ToArray();
        var repeated = 0;
        await Eventually.HoldsAsync(
            "every node answers for every key",
            within,
            async _ =>
            {
                var answered = new bool[left.Length];
                await Parallel.ForAsync(0, left.Length, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancel }, async (index, stop) =>
                    answered[index] = await AnswersAsync(http, left[index], stop));
                left = [.. left.Where((_, index) => !answered[index])];
                repeated += left.Length;
                return left.Length == 0;
            });
        return repeated;
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri address, CancellationToken cancel)
    {
        try
        {
            using var response = await http.GetAsync(address, cancel);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound;
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
