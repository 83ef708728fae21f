using System.Globalization;
using System.Net;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// A network of its own on this machine: each node in a network namespace, all at one bridge, and this process (the clients and
/// the database) at the bridge too. What is between two nodes, or between a node and the database, can be cut and healed;
/// clients always reach every node. The database has another address than the clients, so that a node can lose it alone.
/// <code>
/// node-0 198.18.x.10 ─┐
/// node-1 198.18.x.11 ─┼─ bridge ─── 198.18.x.1 clients, 198.18.x.2 database
/// node-2 198.18.x.12 ─┘
/// </code>
/// The bridge is in a namespace too, where no rule of the machine's own firewall meets its packets.
/// </summary>
internal sealed class StageNetwork
{
    /// <summary>The name of the database's host.</summary>
    public const string Database = "database";

    /// <summary>198.18.0.0/15, for benchmarks of networks (RFC 2544), is in use nowhere else; a network here takes 256 of it.</summary>
    private const int FreeNetworks = 512;
    private const int MaxTries = 20;
    private static int _created;

    private readonly string _prefix;
    private readonly SemaphoreSlim _changes = new(1);
    private readonly List<Harm> _harms = [];
    private readonly Dictionary<string, string> _addresses = [];
    private string _network = "";

    /// <param name="prefix">As <see cref="NewPrefix"/> gives it.</param>
    public StageNetwork(string prefix) => _prefix = prefix;

    public IPAddress DatabaseAddress => IPAddress.Parse(_addresses[Database]);

    /// <summary>Such as <c>198.18.7.0/24</c>.</summary>
    public string Range => $"{_network}.0/24";

    public IReadOnlyCollection<string> Nodes => [.. _addresses.Keys.Where(name => name != Database)];

    /// <summary>What the names of one network's namespaces and of its interface begin with: no other on this machine has it.</summary>
    public static string NewPrefix() => string.Create(
        CultureInfo.InvariantCulture, $"kv{Environment.ProcessId}-{Interlocked.Increment(ref _created)}-");

    /// <summary>Skips the spec where there can be no such network.</summary>
    public static void Require() => Tool.Require("Network namespaces", "ip", "tc", "nsenter", "iptables-restore");

    /// <summary>Makes it. Whoever made the prefix sees to the end of all namespaces that begin with it, also where this fails.</summary>
    public async Task CreateAsync(IEnumerable<string> nodes)
    {
        var hub = NamespaceOf("hub");
        try
        {
            await Tool.RunAsync($"ip netns add {hub}");
        }
        catch (InvalidOperationException fault)
        {
            Requirements.Skip($"this machine makes no network namespace: {fault.Message}");
        }

        await InAsync(hub, "ip link add bridge type bridge");
        await InAsync(hub, "ip link set bridge up");
        await Tool.RunAsync($"ip link add {_prefix}root type veth peer name root netns {hub}");
        await InAsync(hub, "ip link set root master bridge up");
        await TakeRangeAsync();
        foreach (var (node, index) in nodes.Select((node, index) => (node, index)))
        {
            var (space, address) = (NamespaceOf(node), $"{_network}.{10 + index}");
            await Tool.RunAsync($"ip netns add {space}");
            await Tool.RunAsync($"ip -n {space} link add eth0 type veth peer name port{index} netns {hub}");
            await InAsync(hub, $"ip link set port{index} master bridge up");
            await Tool.RunAsync($"ip -n {space} addr add {address}/24 dev eth0");
            await Tool.RunAsync($"ip -n {space} link set lo up");
            await Tool.RunAsync($"ip -n {space} link set eth0 up");
            _addresses[node] = address;
        }
    }

    public string AddressOf(string node) => _addresses[node];

    /// <summary>What runs a program in the node's namespace: it becomes that program.</summary>
    public IReadOnlyList<string> RunIn(string node) => [Tool.Find("nsenter")!, $"--net=/var/run/netns/{NamespaceOf(node)}", "--"];

    /// <summary>Packets on these links are lost without a word, also those of open connections, until the answer is disposed.</summary>
    public Task<UndoLater> CutAsync(IEnumerable<Link> links) => AddAsync(new Harm([.. links], LostShare: 1));

    /// <summary>As <see cref="CutAsync"/>, with a share of the packets between 0 and 1.</summary>
    public Task<UndoLater> LoseAsync(IEnumerable<Link> links, double share) => AddAsync(new Harm([.. links], share));

    /// <summary>
    /// What the node sends, to whomever, passes at this rate until the answer is disposed, and waits for that for at most
    /// <paramref name="longest"/>: then it is lost. This kernel delays no packet for a set time.
    /// </summary>
    public async Task<UndoLater> SlowAsync(string node, int kilobitsPerSecond, TimeSpan longest)
    {
        var space = NamespaceOf(node);
        var milliseconds = (int)longest.TotalMilliseconds;
        await Tool.RunAsync($"tc -n {space} qdisc replace dev eth0 root tbf rate {kilobitsPerSecond}kbit burst 16kb latency {milliseconds}ms");
        return new UndoLater(() => Tool.RunAsync($"tc -n {space} qdisc del dev eth0 root"));
    }

    /// <summary>All links are as they were made, whoever cut them.</summary>
    public async Task HealAllAsync()
    {
        await ChangeAsync(_harms.Clear);
        foreach (var node in Nodes)
        {
            if ((await Tool.RunAsync($"tc -n {NamespaceOf(node)} qdisc show dev eth0")).Contains("tbf", StringComparison.Ordinal))
            {
                await Tool.RunAsync($"tc -n {NamespaceOf(node)} qdisc del dev eth0 root");
            }
        }
    }

    private static Task InAsync(string space, string line) =>
        Tool.RunAsync("nsenter", [$"--net=/var/run/netns/{space}", "--", .. line.Split(' ')]);

    private string NamespaceOf(string host) => _prefix + host;

    /// <summary>Two runs may choose the same one at the same moment. Then both see both, and both choose again.</summary>
    private async Task TakeRangeAsync()
    {
        for (var left = MaxTries; left > 0; left--)
        {
            var number = Random.Shared.Next(FreeNetworks);
            _network = string.Create(CultureInfo.InvariantCulture, $"198.{18 + (number >> 8)}.{number & 255}");
            await Tool.RunAsync($"ip addr add {_network}.1/24 dev {_prefix}root");
            await Tool.RunAsync($"ip link set {_prefix}root up");
            var users = (await Tool.RunAsync($"ip -4 -oneline addr show to {Range}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (users.Length == 1)
            {
                await Tool.RunAsync($"ip addr add {_network}.2/24 dev {_prefix}root");
                _addresses[Database] = $"{_network}.2";
                return;
            }

            await Tool.RunAsync($"ip addr flush dev {_prefix}root");
        }

        throw new InvalidOperationException($"No free network within 198.18.0.0/15 in {MaxTries} tries");
    }

    private async Task<UndoLater> AddAsync(Harm harm)
    {
        await ChangeAsync(() => _harms.Add(harm));
        return new UndoLater(() => ChangeAsync(() => _harms.Remove(harm)));
    }

    /// <summary>Writes the whole set of rules anew in every namespace, each in one step.</summary>
    private async Task ChangeAsync(Action change)
    {
        await _changes.WaitAsync();
        try
        {
            change();
            await Task.WhenAll(Nodes.Select(node =>
                Tool.RunAsync(RunIn(node)[0], [.. RunIn(node).Skip(1), Tool.Find("iptables-restore")!], RulesOf(node))));
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>A link is cut where it ends; one that ends outside of all namespaces, at the database, where it begins.</summary>
    private string RulesOf(string node) => string.Concat(
    [
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n",
        .. _harms.SelectMany(harm => harm.Links.Select(link => (link, harm.LostShare)))
            .Where(harmed => harmed.link.To == node || harmed.link == new Link(node, Database))
            .Distinct()
            .Select(harmed => (harmed.link.To == node ? $"-A INPUT -s {_addresses[harmed.link.From]}" : $"-A OUTPUT -d {_addresses[Database]}")
                + (harmed.LostShare < 1
                    ? string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {harmed.LostShare:0.000}")
                    : "")
                + " -j DROP\n"),
        "COMMIT\n",
    ]);

    private sealed record Harm(Link[] Links, double LostShare);
}
