using System.Diagnostics;
using KvStore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Holds the HTTP port closed until the node is ready, for a while: a client that is refused a connection asks another node at
/// once, one whose request is taken waits until this node has joined. A node that is not ready by then listens all the same,
/// so that <c>/healthz/ready</c> can tell why.
/// </summary>
/// <remarks>The web server is the last of the hosted services to start, so this only has to be one of them.</remarks>
internal sealed class ReadyBeforeListening(HealthCheckService health, ILogger<ReadyBeforeListening> log) : IHostedService
{
    /// <summary>Several times what joining a healthy cluster takes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            var report = await health.CheckHealthAsync(check => check.Tags.Contains(HealthTags.Ready), cancellationToken).ConfigureAwait(false);
            if (report.Status == HealthStatus.Healthy)
            {
                return;
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }

        log.NotReadyYet(Patience.TotalSeconds);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
