using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>
/// What can happen to messages between a node and the database, at a message or a byte that chance picks: they are held until
/// the node has given up on them, the stream is cut, answers get lost, all of it is slow, or nothing passes for a while.
/// </summary>
/// <param name="harm">One piece of harm to a proxy; it lasts until the answer is disposed, or as long as it says itself.</param>
/// <param name="atOnce">Whether one piece of harm lasts for the whole episode; else many follow each other.</param>
internal sealed class HarmTheWire(string name, Func<Episode, PostgresProxy, IDisposable> harm, bool atOnce = false) : Fault(name)
{
    private const int Many = 1_000_000;

    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    public static IEnumerable<HarmTheWire> All { get; } =
    [
        new("hold commits for longer than the node waits", HoldCommit),
        new("cut a connection to the database at any byte", CutAnywhere),
        new("lose answers of the database", (episode, proxy) => proxy.Add(
            AnyWork(episode), PostgresPoint.BeforeAnswer, new PostgresProxyAction.Swallow())),
        new("delay each statement to the database", DelayEach, atOnce: true),
        new("freeze a node's way to the database", Freeze, atOnce: true),
    ];

    public override bool CanHappenOn(Stage stage) => stage.Nodes.All(node => stage.Storage.ProxyOf(node.Name) is not null);

    protected override async Task HappenAsync(Episode episode)
    {
        var pieces = new List<IDisposable>();
        try
        {
            var end = episode.History.Now + (long)episode.Lasting.TotalMicroseconds;
            do
            {
                var node = episode.AnyNode();
                pieces.Add(harm(episode, episode.Stage.Storage.ProxyOf(node.Name)!));
                await (atOnce ? episode.LastAsync() : Task.Delay(episode.Between(ShortestRest, LongestRest), episode.Cancel));
            }
            while (episode.History.Now < end);
            episode.Note($"{pieces.Count} times, {pieces.OfType<PostgresProxyFault>().Sum(piece => piece.Hits)} of them hit something");
        }
        finally
        {
            pieces.ForEach(piece => piece.Dispose());
        }
    }

    /// <summary>
    /// The batch is with the proxy, whole or but for its commit, and goes on to the server when the node has long settled it; or
    /// it is done, and the answer comes when nobody waits for it any more.
    /// </summary>
    private static PostgresProxyFault HoldCommit(Episode episode, PostgresProxy proxy) => proxy.Add(
        PostgresWork.Commit,
        episode.Random.Next(3) switch
        {
            0 => PostgresPoint.Before("begin"),
            1 => PostgresPoint.Before("commit"),
            _ => PostgresPoint.BeforeAnswer,
        },
        new PostgresProxyAction.Hold(
            episode.Between(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(6)),
            episode.Random.Next(4) == 0 ? WhenClientGoes.Drop : WhenClientGoes.LetThrough));

    private static PostgresProxyFault CutAnywhere(Episode episode, PostgresProxy proxy) => proxy.Add(
        AnyWork(episode),
        episode.Random.Next(4) switch
        {
            0 => PostgresPoint.RequestBytes(episode.Random.Next(1, 3_000)),
            1 => PostgresPoint.AnswerBytes(episode.Random.Next(1, 400)),
            2 => PostgresPoint.BeforeAnswer,
            _ => PostgresPoint.BeforeSync,
        },
        new PostgresProxyAction.Cut(
            episode.Random.Next(3) switch
            {
                0 => PostgresProxyEnds.Client,
                1 => PostgresProxyEnds.Server,
                _ => PostgresProxyEnds.Both,
            },
            Reset: episode.Random.Next(2) == 0));

    private static PostgresProxyFault DelayEach(Episode episode, PostgresProxy proxy) => proxy.Add(
        AnyWork(episode),
        PostgresPoint.Before(),
        new PostgresProxyAction.Delay(episode.Between(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(400)), episode.Random.Next()),
        Many);

    private static Undo Freeze(Episode episode, PostgresProxy proxy)
    {
        proxy.Freeze();
        return new Undo(proxy.Thaw);
    }

    /// <summary>Half of the time a commit, else any of those that the protocol stands on, or just any.</summary>
    private static PostgresWork? AnyWork(Episode episode) => episode.Random.Next(10) switch
    {
        < 5 => PostgresWork.Commit,
        5 => PostgresWork.Acquire,
        6 => PostgresWork.Renew,
        7 => PostgresWork.Settle,
        8 => PostgresWork.Release,
        _ => null,
    };
}
