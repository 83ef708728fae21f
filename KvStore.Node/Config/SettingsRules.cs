using System.Globalization;
using System.Text.RegularExpressions;
using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Inspection;
using KvStore.Node.Kubernetes;

namespace KvStore.Node.Config;

/// <summary>What must hold of the settings before anything starts. Each fault names its setting, its value and the bounds.</summary>
public static partial class SettingsRules
{
    public static IEnumerable<string> FaultsOf(NodeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. OfNode(options), .. OfCluster(options.Cluster), .. OfStorage(options.Storage), .. OfLimits(options.Limits),
            .. KubernetesRules.FaultsOf(options, KubernetesHosting.IsBuiltIn, PetabridgeCmdHosting.IsBuiltIn),
        ];
    }

    private static IEnumerable<string> OfNode(NodeOptions options)
    {
        if (!NodeName().IsMatch(options.NodeName))
        {
            yield return $"KvStore:NodeName: '{options.NodeName}' is not 1 to 63 letters, digits, '-', '_' or '.'.";
        }

        if (Outside("KvStore:Shards", options.Shards, 1, ShardMap.MaxShards) is { } shards)
        {
            yield return shards;
        }
    }

    private static IEnumerable<string> OfCluster(MembershipOptions cluster)
    {
        if (Outside("KvStore:Cluster:Port", cluster.Port, 1, 65_535) is { } port)
        {
            yield return port;
        }

        if (Outside("KvStore:Cluster:LinkPort", cluster.LinkPort, 0, 65_535) is { } linkPort)
        {
            yield return linkPort;
        }
        else if (cluster.LinkPort != 0 && cluster.LinkPort == cluster.Port)
        {
            yield return $"KvStore:Cluster:LinkPort: {cluster.LinkPort} is KvStore:Cluster:Port, too. Take another, or 0 for any free one.";
        }

        if (string.IsNullOrWhiteSpace(cluster.Hostname) || Uri.CheckHostName(cluster.Hostname) == UriHostNameType.Unknown)
        {
            yield return $"KvStore:Cluster:Hostname: '{cluster.Hostname}' is no host name or address.";
        }

        foreach (var seed in cluster.SeedNodes.Where(seed => !IsHostAndPort(seed)))
        {
            yield return $"KvStore:Cluster:SeedNodes: '{seed}' is not of the form host:port.";
        }

        if (Outside("KvStore:Cluster:StableAfter", cluster.StableAfter, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)) is { } stable)
        {
            yield return stable;
        }
    }

    private static bool IsHostAndPort(string seed) => SeedNode().IsMatch(seed)
        && int.Parse(seed.AsSpan(seed.IndexOf(':') + 1), CultureInfo.InvariantCulture) is > 0 and <= 65_535;

    private static IEnumerable<string> OfStorage(StorageOptions storage)
    {
        if (string.IsNullOrWhiteSpace(storage.ConnectionString))
        {
            yield return "KvStore:Storage:ConnectionString: is empty.";
        }

        string?[] faults =
        [
            Outside("KvStore:Storage:LeaseTtl", storage.LeaseTtl, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            Outside("KvStore:Storage:CommitTimeout", storage.CommitTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            Outside("KvStore:Storage:LockTimeout", storage.LockTimeout, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
            Outside("KvStore:Storage:ReadTimeout", storage.ReadTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            Outside("KvStore:Storage:MaxQueuedRows", storage.MaxQueuedRows, 1, 10_000_000),
            Outside("KvStore:Storage:MaxQueuedBytes", storage.MaxQueuedBytes, 1_024, 64L << 30),
            Outside("KvStore:Storage:CheckpointBytes", storage.CheckpointBytes, 1 << 20, 4L << 30),
            Outside("KvStore:Storage:MaxBatchRows", storage.MaxBatchRows, 1, 10_000),
            Outside("KvStore:Storage:MaxBatchBytes", storage.MaxBatchBytes, 1, 1L << 30),
            Outside("KvStore:Storage:TombstoneAge", storage.TombstoneAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_650)),
        ];
        foreach (var fault in faults.OfType<string>())
        {
            yield return fault;
        }

        if (storage.LockTimeout > storage.LeaseTtl / 3)
        {
            yield return $"KvStore:Storage:LockTimeout: {storage.LockTimeout} is more than a third of KvStore:Storage:LeaseTtl ({storage.LeaseTtl}), so that one wait for a lock could cost the lease.";
        }
    }

    private static IEnumerable<string> OfLimits(LimitOptions limits)
    {
        string?[] faults =
        [
            Outside("KvStore:Limits:RequestTimeout", limits.RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            Outside("KvStore:Limits:MaxValueBytes", limits.MaxValueBytes, 1, Limits.MaxConfigurableValueBytes),
            Outside("KvStore:Limits:MaxJsonDepth", limits.MaxJsonDepth, 1, Limits.MaxConfigurableJsonDepth),
            Outside("KvStore:Limits:MaxLiveKeys", limits.MaxLiveKeys, 1, 100_000_000),
            Outside("KvStore:Limits:KeyIdleTimeout", limits.KeyIdleTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Outside("KvStore:Limits:MaxQueuedPerKey", limits.MaxQueuedPerKey, 1, 1_000_000),
        ];
        return faults.OfType<string>();
    }

    private static string? Outside<T>(string setting, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) < 0 || value.CompareTo(most) > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{setting}: {value} is outside {least} to {most}.")
            : null;

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,63}\z")]
    private static partial Regex NodeName();

    [GeneratedRegex(@"^[^\s:/@]+:[0-9]{1,5}\z")]
    private static partial Regex SeedNode();
}
