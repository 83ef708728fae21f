using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>SIGTERM of all nodes, one after the other, each when the one before is ready again. As long as it takes.</summary>
internal sealed class RollingRestart : Fault
{
    /// <summary>For a node to end in good order, and for its successor to be ready.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    public RollingRestart()
        : base("restart all nodes in turn")
    {
    }

    public override bool CanHappenOn(Stage stage) => true;

    protected override async Task HappenAsync(Episode episode)
    {
        foreach (var node in episode.Nodes)
        {
            episode.Cancel.ThrowIfCancellationRequested();
            using (node.HoldDown())
            {
                episode.Note($"ends {node.Name}");
                try
                {
                    var code = await node.Process.TerminateAsync(Patience);
                    episode.Note($"{node.Name} ended with {code}");
                }
                catch (TimeoutException)
                {
                    // As an orchestrator does when its patience is at an end.
                    episode.Note($"{node.Name} did not end within {Patience.TotalSeconds:0} s and is killed");
                    await node.Process.KillAsync();
                }
            }

            await BecomesReadyAsync(node, episode);
        }
    }

    private static async Task BecomesReadyAsync(StageNode node, Episode episode)
    {
        try
        {
            await Eventually.HoldsAsync(
                $"{node.Name} is ready",
                Patience,
                async timeout =>
                {
                    episode.Cancel.ThrowIfCancellationRequested();
                    return await node.Process.GetStatusAsync("/healthz/ready", timeout) == System.Net.HttpStatusCode.OK;
                });
        }
        catch (TimeoutException)
        {
            // Other faults may hold it back. Whether the system gets well in the end is for others to find.
            episode.Note($"{node.Name} is not ready within {Patience.TotalSeconds:0} s");
        }
    }
}
