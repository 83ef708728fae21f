namespace KvStore.Node.Config;

/// <summary>Section <c>KvStore:Cluster</c>.</summary>
public sealed class MembershipOptions
{
    public const string Section = "KvStore:Cluster";

    /// <summary>The name or address that other nodes dial. Must reach this process from each of them.</summary>
    public string Hostname { get; set; } = "127.0.0.1";

    /// <summary>The address to listen on; empty: the same as <see cref="Hostname"/>.</summary>
    public string BindHostname { get; set; } = "";

    /// <summary>The port that other nodes dial.</summary>
    public int Port { get; set; } = 4053;

    /// <summary>
    /// Where to find the cluster, each <c>host:port</c>, the same list on all nodes. Only the first one may form a new
    /// cluster. Empty: the node itself, so that it is a cluster of one.
    /// </summary>
    public string[] SeedNodes { get; set; } = [];

    /// <summary>
    /// How long the membership must have stood still before unreachable members are removed. Shorter: keys of a crashed node
    /// are back sooner. Too short: a hiccup of the network costs members. Safety does not depend on it.
    /// </summary>
    public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(5);
}
