using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>
/// SIGSTOP, then SIGCONT: the node goes on as if nothing had been, with requests waiting for it. How long it stands still is told
/// in leases, whatever an episode should last: right before and right after its lease runs out is where it could go wrong.
/// </summary>
/// <param name="least">Of the lease's TTL.</param>
/// <param name="most">Of the lease's TTL.</param>
internal sealed class PauseNode(string name, double least, double most) : Fault(name)
{
    public override bool CanHappenOn(Stage stage) => true;

    protected override async Task HappenAsync(Episode episode)
    {
        var node = episode.AnyNode();
        var pause = episode.Between(episode.Stage.LeaseTtl * least, episode.Stage.LeaseTtl * most);
        episode.Note($"{node.Name} stands still for {pause.TotalSeconds:0.00} s");
        using (node.Pause())
        {
            await Task.Delay(pause, episode.Cancel);
        }

        episode.Note($"{node.Name} goes on");
    }
}
