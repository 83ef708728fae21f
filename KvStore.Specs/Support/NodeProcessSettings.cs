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
    public const string Host = "127.0.0.1";

    /// <summary>Another build of <c>KvStore.Node.dll</c>. Null: the one that was built with the specs.</summary>
    public string? Program { get; init; }

    public Uri Address => new($"http://{Host}:{HttpPort}");

    public IEnumerable<KeyValuePair<string, string>> Environment()
    {
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = Address.ToString(),
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["KvStore__NodeName"] = Name,
            ["KvStore__Storage__Provider"] = Storage.Provider.ToString(),
            ["KvStore__Storage__ConnectionString"] = Storage.ConnectionString,
            ["KvStore__Cluster__Hostname"] = Host,
            ["KvStore__Cluster__Port"] = ClusterPort.ToString(CultureInfo.InvariantCulture),
        };
        for (var i = 0; i < SeedPorts.Length; i++)
        {
            environment[$"KvStore__Cluster__SeedNodes__{i}"] = $"{Host}:{SeedPorts[i]}";
        }

        foreach (var (name, value) in More)
        {
            environment[name] = value;
        }

        return environment;
    }
}
