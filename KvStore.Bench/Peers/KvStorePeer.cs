using System.Text.Json;
using KvStore.Bench.Load;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Bench.Peers;

/// <summary>KvStore: one node or a cluster of several, on a store of its own.</summary>
internal sealed class KvStorePeer : Peer
{
    /// <summary>Above this the table is filled past the node.</summary>
    private const long MaxKeysByHttp = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly BenchStorage _storage;
    private readonly List<KvStoreNode> _nodes = [];

    private KvStorePeer(PeerPlan plan, BenchStorage storage)
        : base(plan) => _storage = storage;

    public IReadOnlyList<KvStoreNode> Nodes => _nodes;

    public override IReadOnlyList<Uri> Addresses => [.. _nodes.Select(node => node.Address)];

    public override Dialect Dialect => Dialect.KvStore;

    public override IReadOnlyList<int> Workers => [.. Holders, .. _storage.Workers];

    public override IReadOnlyList<int> Holders => [.. _nodes.Select(node => node.ProcessId)];

    public static async Task<Peer> StartAsync(PeerPlan plan, CancellationToken cancel)
    {
        var peer = new KvStorePeer(plan, await BenchStorage.CreateAsync(plan.Kind));
        try
        {
            await peer.StartNodesAsync(cancel);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until every node shows all of them as members that are up. As under any supervisor, one that ended is started again: on a
    /// machine that is busy others may take it out of the cluster.
    /// </summary>
    public async Task AllSeeAllAsync(CancellationToken cancel)
    {
        using var http = Answers.Client(Plan.IsHttp2);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            foreach (var node in _nodes)
            {
                while (await MembersUpAsync(http, node, patience.Token) != _nodes.Count)
                {
                    foreach (var ended in _nodes.Where(each => each.HasExited))
                    {
                        Progress.Say($"  {ended.Name} ended and is started again");
                        await ended.StartAsync(patience.Token);
                    }

                    await Task.Delay(PollInterval, patience.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BenchException(
                $"The nodes of {Plan.Title} do not see each other within {Patience.TotalSeconds} s.\n{string.Join('\n', _nodes.Select(node => node.LogTail()))}");
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        await _storage.DisposeAsync();
    }

    private static async Task<int> MembersUpAsync(HttpClient http, KvStoreNode node, CancellationToken cancel)
    {
        try
        {
            using var document = JsonDocument.Parse(await http.GetStringAsync(new Uri(node.Address, "/cluster"), cancel));
            return document.RootElement.GetProperty("members").EnumerateArray()
                .Count(member => member.GetProperty("status").GetString() == "Up" && member.GetProperty("reachable").GetBoolean());
        }
        catch (Exception fault) when (BrokenConnection.Is(fault))
        {
            return 0;
        }
    }

    private async Task StartNodesAsync(CancellationToken cancel)
    {
        _nodes.AddRange(KvStoreNode.Create(Plan, _storage, Plan.Kind.Nodes()));
        if (Plan.Keys > MaxKeysByHttp)
        {
            // It makes the tables. Filled while it runs, it might have looked for a key before.
            await _nodes[0].StartAsync(cancel);
            await _nodes[0].TerminateAsync();
            await _storage.FillAsync(Plan.Keys, Plan.ValueBytes, cancel);
        }

        // All at once: the first one waits for the others before it forms a cluster without them.
        await Task.WhenAll(_nodes.Select(node => node.StartAsync(cancel)));
        if (_nodes.Count > 1)
        {
            await AllSeeAllAsync(cancel);
        }

        if (Plan.Keys <= MaxKeysByHttp)
        {
            await Seeding.PutAllAsync(this, cancel);
        }
    }
}
