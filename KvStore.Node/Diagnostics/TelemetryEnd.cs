using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Sends what telemetry is left when a node ends. Left to themselves the providers would do so one after the other, each waiting five
/// seconds for a collector that does not answer, and use up the time that an orchestrator gives.
/// </summary>
/// <param name="services">Asked at once: when a node ends they may be gone before.</param>
internal sealed class TelemetryEnd(IServiceProvider services)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly MeterProvider? _metrics = services.GetService<MeterProvider>();
    private readonly TracerProvider? _traces = services.GetService<TracerProvider>();
    private readonly LoggerProvider? _logs = services.GetService<LoggerProvider>();

    public Task FlushAsync() => Task.WhenAll(
        InTime(limit => _metrics?.Shutdown(limit)), InTime(limit => _traces?.Shutdown(limit)), InTime(limit => _logs?.Shutdown(limit)));

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
