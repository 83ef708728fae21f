using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>Some links carry nothing: for the whole episode, or on and off.</summary>
/// <param name="choose">Which links, of nodes that were shuffled. What is not chosen stays whole, such as the way to the database.</param>
/// <param name="leastNodes">Fewer make no such partition.</param>
internal sealed class Partition(string name, Func<IReadOnlyList<string>, Random, IEnumerable<Link>> choose, bool flaps, int leastNodes = 2)
    : Fault(flaps ? name + ", flapping" : name)
{
    private static readonly TimeSpan ShortestPhase = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LongestPhase = TimeSpan.FromSeconds(2);

    /// <summary>Every kind, each steady and flapping.</summary>
    public static IEnumerable<Partition> All { get; } =
    [
        .. new[] { false, true }.SelectMany(flaps => new Partition[]
        {
            new("cut a minority off from the majority", MinorityOff, flaps, leastNodes: 3),
            new("cut a node off from its peers", (nodes, _) => Link.Between(nodes.Take(1), nodes), flaps),
            new("cut a node off from the database", (nodes, _) => Link.Between(nodes.Take(1), [StageNetwork.Database]), flaps),
            new("cut a node off from all", (nodes, _) => Link.Between(nodes.Take(1), [.. nodes, StageNetwork.Database]), flaps),
            new("cut a node off in one direction", OneDirection, flaps),
            new("leave a bridge between two halves", BridgeLeft, flaps, leastNodes: 3),
        }),
    ];

    public override bool CanHappenOn(Stage stage) =>
        stage.Network is not null && stage.Nodes.Count >= leastNodes && (stage.Database is not null || !Name.Contains(StageNetwork.Database));

    protected override async Task HappenAsync(Episode episode)
    {
        var nodes = episode.Nodes.Select(node => node.Host!).ToArray();
        episode.Random.Shuffle(nodes);
        var links = choose(nodes, episode.Random).ToArray();
        episode.Note($"cuts {string.Join(", ", links)}");
        if (!flaps)
        {
            await using var cut = await episode.Stage.Network!.CutAsync(links);
            await episode.LastAsync();
            return;
        }

        // A pace of its own for each episode: some are too quick for the failure detectors, some are not.
        var (phase, end) = (episode.Between(ShortestPhase, LongestPhase), episode.History.Now + (long)episode.Lasting.TotalMicroseconds);
        var cuts = 0;
        while (episode.History.Now < end)
        {
            await using (await episode.Stage.Network!.CutAsync(links))
            {
                cuts++;
                await Task.Delay(phase, episode.Cancel);
            }

            await Task.Delay(phase, episode.Cancel);
        }

        episode.Note($"cut {cuts} times for {phase.TotalSeconds:0.00} s");
    }

    private static IEnumerable<Link> MinorityOff(IReadOnlyList<string> nodes, Random random)
    {
        var size = random.Next(1, ((nodes.Count - 1) / 2) + 1);
        return Link.Between(nodes.Take(size), nodes.Skip(size));
    }

    /// <summary>It hears the others and is not heard, or the other way about.</summary>
    private static IEnumerable<Link> OneDirection(IReadOnlyList<string> nodes, Random random) =>
        random.Next(2) == 0 ? Link.OneWay(nodes.Take(1), nodes.Skip(1)) : Link.OneWay(nodes.Skip(1), nodes.Take(1));

    /// <summary>The first node sees all; the halves of the rest do not see each other.</summary>
    private static IEnumerable<Link> BridgeLeft(IReadOnlyList<string> nodes, Random random)
    {
        var half = (nodes.Count - 1) / 2;
        return Link.Between(nodes.Skip(1).Take(half), nodes.Skip(1 + half));
    }
}
