using System.ComponentModel;

namespace KvStore.Node.Config;

/// <summary>
/// Section <c>KvStore:Kubernetes</c>: how nodes find each other where <c>KvStore:Cluster:Bootstrap</c> is <c>Kubernetes</c>, and the
/// inspection by Petabridge.Cmd. Only a build with <c>-p:KvStoreKubernetes=true</c>, as the image is, can do either; with
/// <c>-p:KvStorePetabridgeCmd=false</c> it has the former alone.
/// </summary>
public sealed class KubernetesOptions
{
    public const string Section = "KvStore:Kubernetes";

    /// <summary>
    /// The address of this pod, <c>status.podIP</c> of the downward API. By any other name the pods do not recognise themselves
    /// in what the API server lists, and never form a cluster.
    /// </summary>
    [Description("IP address of this pod (status.podIP), by which the API server lists it.")]
    public string PodAddress { get; set; } = "";

    /// <summary>Pods with the label <c>app</c> of this value are asked.</summary>
    [Description("Value of the label app of the pods that make the cluster.")]
    public string ServiceName { get; set; } = "kvstore";

    /// <summary>The name of the management port in the pod's manifest. No other port's name may contain it.</summary>
    [Description("Name of the management port in the pod's manifest.")]
    public string PortName { get; set; } = "management";

    /// <summary>Where the pods ask one another for the cluster. Plain HTTP without a password: only pods of the cluster may reach it.</summary>
    [Description("Port at which pods ask one another for the cluster; only they may reach it.")]
    public int ManagementPort { get; set; } = 8558;

    /// <summary>The container of the pod that must run, so that one which crashes again and again does not block the others. Empty: any.</summary>
    [Description("Container that must run for a pod to count; empty: any.")]
    public string ContainerName { get; set; } = "kvstore";

    /// <summary>
    /// A new cluster is formed by no fewer pods. More than half of the replicas; with less, a part of them that sees only itself
    /// forms one of its own.
    /// </summary>
    [Description("Pods that must see each other before they form a new cluster; more than half of the replicas.")]
    public int RequiredContactPoints { get; set; } = 3;

    /// <summary>Where <c>pbm</c> connects, on the pod's loopback only: it has no password and can take members out. 0: nowhere.</summary>
    [Description("Port of Petabridge.Cmd on the pod's loopback; 0: off.")]
    public int PbmPort { get; set; }
}
