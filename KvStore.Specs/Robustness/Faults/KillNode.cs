using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>SIGKILL of a node, which stays away for a while.</summary>
internal sealed class KillNode : Fault
{
    private readonly Func<Episode, Task<StageNode>> _choose;

    private KillNode(string name, Func<Episode, Task<StageNode>> choose)
        : base(name) => _choose = choose;

    public static KillNode Any { get; } = new("kill a node", episode => Task.FromResult(episode.AnyNode()));

    /// <summary>The node that decides where shards live: until another one does, no shard finds a new home.</summary>
    public static KillNode OfCoordinator { get; } = new(
        "kill the coordinator's node", async episode => await episode.Stage.FindCoordinatorAsync(episode.Cancel) ?? episode.AnyNode());

    public override bool CanHappenOn(Stage stage) => true;

    protected override async Task HappenAsync(Episode episode)
    {
        var node = await _choose(episode);
        using var down = node.HoldDown();
        episode.Note($"kills {node.Name}");
        await node.Process.KillAsync();
        await episode.LastAsync();
    }
}
