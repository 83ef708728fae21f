using System.ComponentModel;
using KvStore.Messages.Routing;

namespace KvStore.Node.Config;

/// <summary>Section <c>KvStore</c>, less the sections below it.</summary>
public sealed class NodeOptions
{
    public const string Section = "KvStore";

    /// <summary>
    /// Names the node in answers, listings and <c>/cluster</c>: 1 to 63 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>. Two
    /// live nodes of one name on one store: the second refuses to start. Default: the host's name.
    /// </summary>
    [Description("Name of the node in answers, listings and /cluster; two live nodes of one name are refused.")]
    public string NodeName { get; set; } = Environment.MachineName;

    /// <summary>
    /// Shards of the key space. Fixed when the store is created: a node that is configured otherwise refuses to start. About
    /// ten for each node that the cluster may ever have.
    /// </summary>
    [Description("Shards of the key space; fixed when the store is created.")]
    public int Shards { get; set; } = ShardMap.DefaultShards;

    public StorageOptions Storage { get; set; } = new();

    public MembershipOptions Cluster { get; set; } = new();

    public LimitOptions Limits { get; set; } = new();

    public KubernetesOptions Kubernetes { get; set; } = new();
}
