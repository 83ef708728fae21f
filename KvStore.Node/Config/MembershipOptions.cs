using System.ComponentModel;

namespace KvStore.Node.Config;

/// <summary>Section <c>KvStore:Cluster</c>.</summary>
public sealed class MembershipOptions
{
    public const string Section = "KvStore:Cluster";

    /// <summary>The name or address that other nodes dial. Must reach this process from each of them.</summary>
    [Description("Name or address that other nodes dial.")]
    public string Hostname { get; set; } = "127.0.0.1";

    /// <summary>The address to listen on; empty: the same as <see cref="Hostname"/>.</summary>
    [Description("Address to listen on for other nodes; empty: the same as Hostname.")]
    public string BindHostname { get; set; } = "";

    /// <summary>The port that other nodes dial.</summary>
    [Description("Port that other nodes dial.")]
    public int Port { get; set; } = 4053;

    /// <summary>
    /// The port on which this node takes links, over which other nodes send requests for its keys: 1 to 65,535 and another than
    /// <see cref="Port"/>, or 0, any free one. They learn it through <see cref="Port"/>. Where they cannot reach it, as behind a
    /// firewall that does not name it, their requests go through <see cref="Port"/> too: right, but slower.
    /// </summary>
    [Description("Port on which other nodes send requests for this one's keys; 0: any free one.")]
    public int LinkPort { get; set; }

    /// <summary>How to find the cluster. Kubernetes needs a build with the integration, and no seed nodes.</summary>
    [Description("SeedNodes, or Kubernetes (pods listed by its API; needs a build with -p:KvStoreKubernetes=true).")]
    public BootstrapMethod Bootstrap { get; set; } = BootstrapMethod.SeedNodes;

    /// <summary>
    /// Where to find the cluster, each <c>host:port</c>, the same list on all nodes. Only the first one may form a new
    /// cluster. Empty: the node itself, so that it is a cluster of one.
    /// </summary>
    [Description("host:port of nodes to join by, the same list on all nodes; only the first may form a new cluster.")]
    public string[] SeedNodes { get; set; } = [];

    /// <summary>
    /// For how long it must have been the same members that would have to go because members have lost one another, before they are
    /// taken out of the cluster. It is about partitions: a member that crashed, which is known by its lease, is not waited for. Shorter: the
    /// larger side of a partition serves all keys sooner. Too short: a hiccup of the network costs members. Safety does not
    /// depend on it.
    /// </summary>
    [Description("How long a partition must last unchanged before its smaller side is taken out of the cluster.")]
    public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Where this node listens for others.</summary>
    internal string ListenHost() => BindHostname is { Length: > 0 } bind ? bind : Hostname;
}
