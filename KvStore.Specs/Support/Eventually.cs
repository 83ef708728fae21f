using System.Diagnostics;

namespace KvStore.Specs.Support;

/// <summary>Waits for a condition instead of for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Asks <paramref name="condition"/> again and again until it is true, for at most <paramref name="within"/>. The token
    /// that it gets is cancelled at that time, so that a condition that hangs is no way to wait for ever.
    /// </summary>
    /// <param name="what">The end of the sentence "Waited in vain until …".</param>
    /// <param name="evidence">What to add to the failure, such as a log.</param>
    /// <exception cref="TimeoutException">It was never true.</exception>
    public static async Task HoldsAsync(
        string what, TimeSpan within, Func<CancellationToken, Task<bool>> condition, Func<string>? evidence = null)
    {
        using var timeout = new CancellationTokenSource(within);
        var watch = Stopwatch.StartNew();
        var tries = 0;
        try
        {
            while (true)
            {
                tries++;
                if (await condition(timeout.Token))
                {
                    return;
                }

                await Task.Delay(Interval, timeout.Token);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"Waited in vain for {watch.Elapsed.TotalSeconds:0.0} s ({tries} tries) until {what}.\n{evidence?.Invoke()}");
        }
    }

    public static Task HoldsAsync(string what, TimeSpan within, Func<bool> condition, Func<string>? evidence = null) =>
        HoldsAsync(what, within, _ => Task.FromResult(condition()), evidence);
}
