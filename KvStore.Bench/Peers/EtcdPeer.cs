using System.Diagnostics;
using KvStore.Bench.Load;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Bench.Peers;

/// <summary>One member of etcd, asked through its JSON gateway. Its log is synced at every write, as it comes.</summary>
internal sealed class EtcdPeer : Peer
{
    private readonly ServerProcess _process;
    private readonly Uri _address;
    private readonly TempFolder _folder;

    private EtcdPeer(PeerPlan plan, ServerProcess process, Uri address, TempFolder folder)
        : base(plan) => (_process, _address, _folder) = (process, address, folder);

    public override IReadOnlyList<Uri> Addresses => [_address];

    public override Dialect Dialect => Dialect.Etcd;

    public override IReadOnlyList<int> Workers => [_process.Id];

    public override IReadOnlyList<int> Holders => [_process.Id];

    public static async Task<Peer> StartAsync(PeerPlan plan, CancellationToken cancel)
    {
        var program = Tools.Require("etcd", "etcd-server");
        var (address, member) = (new Uri($"http://127.0.0.1:{FreePorts.Next()}"), $"http://127.0.0.1:{FreePorts.Next()}");
        var clients = address.ToString().TrimEnd('/');
        var folder = new TempFolder();
        var process = ServerProcess.Start(plan.Title, new ProcessStartInfo(program,
        [
            "--name=bench", $"--data-dir={folder.File("etcd")}", "--log-level=error", $"--quota-backend-bytes={8L << 30}",
            $"--listen-client-urls={clients}", $"--advertise-client-urls={clients}",
            $"--listen-peer-urls={member}", $"--initial-advertise-peer-urls={member}", $"--initial-cluster=bench={member}",
        ]));
        var peer = new EtcdPeer(plan, process, address, folder);
        try
        {
            using var http = Answers.Client();
            await process.BecomesReadyAsync(http, new Uri(address, "/health"), cancel);
            await Seeding.PutAllAsync(peer, cancel);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }
}
