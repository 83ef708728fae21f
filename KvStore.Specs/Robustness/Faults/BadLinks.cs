using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>Links between the nodes and to the database lose a part of their packets: TCP carries on, slowly and in fits.</summary>
internal sealed class LossyLinks : Fault
{
    private const double LeastShare = 0.02;
    private const double MostShare = 0.3;

    public LossyLinks()
        : base("lose packets on all links")
    {
    }

    public override bool CanHappenOn(Stage stage) => stage.Network is not null;

    protected override async Task HappenAsync(Episode episode)
    {
        var share = LeastShare + ((MostShare - LeastShare) * episode.Random.NextDouble());
        var hosts = episode.Nodes.Select(node => node.Host!).ToArray();
        episode.Note($"loses {share:0.00} of all packets");
        await using var lossy = await episode.Stage.Network!.LoseAsync(
            Link.Between(hosts, hosts).Concat(Link.Between(hosts, [StageNetwork.Database])).Distinct(), share);
        await episode.LastAsync();
    }
}

/// <summary>All that a node sends, also to its clients, goes through a needle's eye.</summary>
internal sealed class SlowLink : Fault
{
    private const int LeastKilobits = 200;
    private const int MostKilobits = 2_000;

    /// <summary>What would wait for longer is lost.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    public SlowLink()
        : base("slow a node's link down")
    {
    }

    public override bool CanHappenOn(Stage stage) => stage.Network is not null;

    protected override async Task HappenAsync(Episode episode)
    {
        var node = episode.AnyNode();
        var kilobits = episode.Random.Next(LeastKilobits, MostKilobits);
        episode.Note($"lets {node.Name} send {kilobits} kbit/s");
        await using var slow = await episode.Stage.Network!.SlowAsync(node.Host!, kilobits, LongestWait);
        await episode.LastAsync();
    }
}
