using System.Diagnostics;
using System.Globalization;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Bench.Peers;

/// <summary><see cref="BareEndpoint"/> in a process of its own, as everything else that is measured.</summary>
internal sealed class BarePeer : Peer
{
    public const string Command = "bare";

    private readonly ServerProcess _process;
    private readonly Uri _address;

    private BarePeer(PeerPlan plan, ServerProcess process, Uri address)
        : base(plan) => (_process, _address) = (process, address);

    public override IReadOnlyList<Uri> Addresses => [_address];

    public override Dialect Dialect => Dialect.KvStore;

    public override IReadOnlyList<int> Workers => [_process.Id];

    public override IReadOnlyList<int> Holders => [_process.Id];

    public static async Task<Peer> StartAsync(PeerPlan plan, CancellationToken cancel)
    {
        var address = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        string[] command =
            ["exec", typeof(BarePeer).Assembly.Location, Command, "--url", address.ToString(), "--value-bytes", plan.ValueBytes.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(DotNet.Host, command);
        DotNet.CleanEnvironment(start, plan.IsHttp2);
        // What the SDK gives to web projects, and so to the node.
        start.Environment["DOTNET_gcServer"] = "1";
        var process = ServerProcess.Start(plan.Title, start);
        try
        {
            using var http = Answers.Client(plan.IsHttp2);
            await process.BecomesReadyAsync(http, new Uri(address, "/healthz/ready"), cancel);
            return new BarePeer(plan, process, address);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public override ValueTask DisposeAsync() => _process.DisposeAsync();
}
