using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Sends what telemetry is left when a node ends. Left to themselves the providers would do so one after the other, each waiting five
/// seconds for a collector that does not answer, and use up the time that an orchestrator gives.
/// </summary>
internal static class TelemetryEnd
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public static Task FlushAsync(IServiceProvider services) => Task.WhenAll(
        InTime(limit => services.GetService<MeterProvider>()?.Shutdown(limit)),
        InTime(limit => services.GetService<TracerProvider>()?.Shutdown(limit)),
        InTime(limit => services.GetService<LoggerProvider>()?.Shutdown(limit)));

    /// <summary>Ends a provider of which there is no more than its disposal. What it does later than that nobody waits for.</summary>
    public static Task DisposeAsync(IDisposable provider) => InTime(_ => provider.Dispose());

    private static async Task InTime(Action<int> end)
    {
        try
        {
            await Task.Run(() => end((int)Limit.TotalMilliseconds)).WaitAsync(Limit * 1.5).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The collector does not answer; the node must end all the same.
        }
    }
}
