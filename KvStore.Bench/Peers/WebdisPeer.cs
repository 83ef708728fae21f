using System.Diagnostics;
using System.Text.Json;
using KvStore.Bench.Load;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Bench.Peers;

/// <summary>Redis that syncs its append-only file before it answers, behind webdis, which speaks HTTP for it.</summary>
internal sealed class WebdisPeer : Peer
{
    private readonly List<ServerProcess> _processes = [];
    private readonly TempFolder _folder = new();

    private WebdisPeer(PeerPlan plan)
        : base(plan)
    {
    }

    public override IReadOnlyList<Uri> Addresses { get; } = [new Uri($"http://127.0.0.1:{FreePorts.Next()}")];

    public override Dialect Dialect => Dialect.Webdis;

    public override IReadOnlyList<int> Workers => [.. _processes.Select(process => process.Id)];

    public override IReadOnlyList<int> Holders => Workers;

    public static async Task<Peer> StartAsync(PeerPlan plan, CancellationToken cancel)
    {
        var (redis, webdis) = (Tools.Require("redis-server", "redis-server"), Tools.Require("webdis", "webdis"));
        var peer = new WebdisPeer(plan);
        try
        {
            var port = FreePorts.Next();
            peer._processes.Add(ServerProcess.Start("redis-server", new ProcessStartInfo(redis,
            [
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", peer._folder.Path, "--daemonize", "no",
                "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            ])));
            var configuration = peer._folder.File("webdis.json");
            await File.WriteAllTextAsync(configuration, peer.Configuration(port), cancel);
            var front = ServerProcess.Start("webdis", new ProcessStartInfo(webdis, [configuration]));
            peer._processes.Add(front);
            using var http = Answers.Client();
            await front.BecomesReadyAsync(http, new Uri(peer.Addresses[0], "/PING"), cancel);
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
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }

        _folder.Dispose();
    }

    private string Configuration(int redisPort) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["redis_host"] = "127.0.0.1",
        ["redis_port"] = redisPort,
        ["http_host"] = "127.0.0.1",
        ["http_port"] = Addresses[0].Port,
        ["threads"] = Environment.ProcessorCount,
        ["pool_size"] = 10,
        ["daemonize"] = false,
        ["websockets"] = false,
        ["http_max_request_size"] = 128 * 1024 * 1024,
        ["verbosity"] = 0,
        ["logfile"] = _folder.File("webdis.log"),
    });
}
