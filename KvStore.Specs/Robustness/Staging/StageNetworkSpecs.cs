using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What is cut hears nothing, and what is healed hears again; seen by datagrams and connections between the namespaces.</summary>
public sealed class StageNetworkSpecs : IAsyncLifetime
{
    private const int Port = 5000;
    private static readonly TimeSpan LongEnough = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string[] Nodes = ["a", "b", "c"];

    private readonly string _directory = Directory.CreateTempSubdirectory("kvstore-network-").FullName;
    private readonly string _prefix = StageNetwork.NewPrefix();
    private readonly Dictionary<string, Socket> _sockets = [];
    private StageGuard? _guard;
    private StageNetwork _network = null!;

    public Task InitializeAsync()
    {
        _guard = StageGuard.Start(_directory, _prefix);
        _network = new StageNetwork(_prefix);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var socket in _sockets.Values)
        {
            socket.Dispose();
        }

        await _guard!.DisposeAsync();
        Assert.False(Directory.Exists(_directory));
        Assert.Empty(Directory.Exists("/var/run/netns") ? Directory.GetFiles("/var/run/netns", _prefix + "*") : []);
    }

    [SkippableFact]
    public async Task Each_direction_can_be_cut_by_itself_and_healed()
    {
        await CreateAsync();
        await AssertHeardAsync();

        await using (await _network.CutAsync([new Link("a", "b")]))
        {
            await AssertHeardAsync(but: [new("a", "b")]);
            await using (await _network.CutAsync(Link.Between(["c"], Nodes)))
            {
                await AssertHeardAsync(but: [new("a", "b"), .. Link.Between(["c"], Nodes)]);
            }

            await AssertHeardAsync(but: [new("a", "b")]);
        }

        await AssertHeardAsync();
    }

    [SkippableFact]
    public async Task A_node_can_lose_the_database_and_nothing_else()
    {
        await CreateAsync();

        await using (await _network.CutAsync(Link.Between(["b"], [StageNetwork.Database])))
        {
            await AssertHeardAsync(but: Link.Between(["b"], [StageNetwork.Database]));
            await _network.HealAllAsync();
            await AssertHeardAsync();
        }

        await AssertHeardAsync();
    }

    [SkippableFact]
    public async Task An_open_connection_goes_silent_and_on_again()
    {
        await CreateAsync();
        using var listener = InNamespace.Open(_prefix + "a", ProtocolType.Tcp, new(IPAddress.Parse(_network.AddressOf("a")), Port));
        listener.Listen();
        using var client = InNamespace.Open(_prefix + "b", ProtocolType.Tcp, new(IPAddress.Any, 0));
        await client.ConnectAsync(listener.LocalEndPoint!).WaitAsync(Patience);
        using var server = await listener.AcceptAsync().WaitAsync(Patience);
        Task<int> reading;

        await using (await _network.CutAsync(Link.Between(["a"], ["b"])))
        {
            reading = server.ReceiveAsync(new byte[1], SocketFlags.None);
            await client.SendAsync(new byte[1], SocketFlags.None);
            await Task.Delay(LongEnough);
            Assert.False(reading.IsCompleted);
        }

        Assert.Equal(1, await reading.WaitAsync(Patience));
    }

    [SkippableFact]
    public async Task A_lossy_link_loses_about_its_share()
    {
        await CreateAsync();
        const int Sent = 400;
        await using var lossy = await _network.LoseAsync([new Link("a", "b")], 0.5);

        for (var i = 0; i < Sent; i++)
        {
            await SendAsync("a", "b", 1);
        }

        // Datagrams of one link keep their order, so what comes after the last one that was seen is lost too.
        Assert.InRange(await CountAsync("b", LongEnough), Sent * 0.35, Sent * 0.65);
    }

    [SkippableFact]
    public async Task A_slow_link_makes_what_is_sent_wait()
    {
        await CreateAsync();
        await using (await _network.SlowAsync("a", kilobitsPerSecond: 200, TimeSpan.FromSeconds(1)))
        {
            // 40 KB at 25 KB/s, of which 16 KB pass at once.
            for (var i = 0; i < 40; i++)
            {
                await SendAsync("a", "b", 1_000);
            }

            var watch = Stopwatch.StartNew();
            Assert.Equal(40, await CountAsync("b", LongEnough));
            Assert.InRange(watch.Elapsed - LongEnough, TimeSpan.FromSeconds(0.5), Patience);
        }

        await AssertHeardAsync();
    }

    private async Task CreateAsync()
    {
        StageNetwork.Require();
        await _network.CreateAsync(Nodes);
        foreach (var node in Nodes)
        {
            _sockets[node] = InNamespace.Open(_prefix + node, ProtocolType.Udp, new(IPAddress.Parse(_network.AddressOf(node)), Port));
        }

        _sockets[StageNetwork.Database] = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _sockets[StageNetwork.Database].Bind(new IPEndPoint(_network.DatabaseAddress, Port));
    }

    /// <summary>Sends on each link, and hears on all of them but these.</summary>
    private async Task AssertHeardAsync(IEnumerable<Link>? but = null)
    {
        var cut = (but ?? []).ToHashSet();
        var all = Link.Between(_sockets.Keys, _sockets.Keys).Distinct().ToArray();
        foreach (var to in _sockets.Keys)
        {
            await CountAsync(to, TimeSpan.Zero);
        }

        // Datagrams get lost without any harm, such as when too many of them wait for an address to be resolved.
        for (var time = 0; time < 3; time++)
        {
            foreach (var link in all)
            {
                await SendAsync(link.From, link.To, 1);
            }
        }

        foreach (var to in _sockets.Keys)
        {
            var expected = all.Where(link => link.To == to && !cut.Contains(link)).Select(link => link.From).Order();
            Assert.Equal(expected, (await HearAsync(to, LongEnough)).Distinct().Order());
        }
    }

    private async Task SendAsync(string from, string to, int bytes)
    {
        try
        {
            await _sockets[from].SendToAsync(new byte[bytes], SocketFlags.None, _sockets[to].LocalEndPoint!);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AccessDenied)
        {
            // Lost where it was sent, and only senders of datagrams are told so: TCP takes it for a loss on the way.
        }
    }

    private async Task<int> CountAsync(string to, TimeSpan within) => (await HearAsync(to, within)).Count;

    /// <summary>Who is heard until nobody is for so long.</summary>
    private async Task<List<string>> HearAsync(string to, TimeSpan within)
    {
        var heard = new List<string>();
        var buffer = new byte[2_000];
        while (true)
        {
            using var timeout = new CancellationTokenSource(within);
            try
            {
                var got = await _sockets[to].ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), timeout.Token);
                heard.Add(_sockets.Single(socket => socket.Value.LocalEndPoint!.Equals(got.RemoteEndPoint)).Key);
            }
            catch (OperationCanceledException)
            {
                return heard;
            }
        }
    }
}
