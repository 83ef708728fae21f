using System.Collections.Immutable;
using System.Globalization;

namespace KvStore.Specs.Support;

/// <summary>What one node is started with.</summary>
/// <param name="SeedPorts">Cluster ports of the seed nodes; a node that forms a cluster names its own first.</param>
/// <param name="More">Further settings, by the names of environment variables (<c>KvStore__Limits__…</c>). They win.</param>
internal sealed record NodeProcessSettings(
    string Name,
    int HttpPort,
    int ClusterPort,
    ImmutableArray<int> SeedPorts,
    StorageUnderTest Storage,
    ImmutableDictionary<string, string> More)
{
    public const string Loopback = "127.0.0.1";

    /// <summary>The address that the node listens on and that others dial.</summary>
    public string Host { get; init; } = Loopback;

    /// <summary>Seed nodes that lie elsewhere, each <c>host:port</c>. Null: <see cref="SeedPorts"/> of <see cref="Host"/>.</summary>
    public ImmutableArray<string>? Seeds { get; init; }

    /// <summary>Another build of <c>KvStore.Node.dll</c>. Null: the one that was built with the specs.</summary>
    public string? Program { get; init; }

    /// <summary>A program and its arguments that becomes the node, such as <c>nsenter --net=FILE</c>. Empty: none.</summary>
    public ImmutableArray<string> RunBy { get; init; } = [];

    /// <summary>Where every line of every incarnation goes. Null: memory keeps the last ones of the last incarnation.</summary>
    public NodeProcessLogFile? LogFile { get; init; }

    public Uri Address => new($"http://{Host}:{HttpPort}");

    /// <summary>All that the node is told by its environment where somebody else says it, such as a manifest. Null: made of these settings.</summary>
    public ImmutableDictionary<string, string>? Exactly { get; init; }

    public IEnumerable<KeyValuePair<string, string>> Environment()
    {
        if (Exactly is not null)
        {
            return Exactly;
        }

        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = Address.ToString(),
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["KvStore__NodeName"] = Name,
            ["KvStore__Storage__Provider"] = Storage.Provider.ToString(),
            ["KvStore__Storage__ConnectionString"] = Storage.ConnectionString,
            // A node of a spec does not live long, and its log shall be copied too, beside all that happens to it.
            ["KvStore__Storage__CheckpointBytes"] = (2 * 1024 * 1024).ToString(CultureInfo.InvariantCulture),
            ["KvStore__Cluster__Hostname"] = Host,
            ["KvStore__Cluster__Port"] = ClusterPort.ToString(CultureInfo.InvariantCulture),
        };
        var seeds = Seeds ?? [.. SeedPorts.Select(port => $"{Host}:{port}")];
        for (var i = 0; i < seeds.Length; i++)
        {
            environment[$"KvStore__Cluster__SeedNodes__{i}"] = seeds[i];
        }

        foreach (var (name, value) in More)
        {
            environment[name] = value;
        }

        return environment;
    }
}
