using KvStore.Node.Config;
using KvStore.Node.Inspection;
using KvStore.Node.Kubernetes;

namespace KvStore.Specs.Node.Config;

public sealed class KubernetesRulesSpecs
{
    [Fact]
    public void A_build_without_the_integration_says_which_build_has_it()
    {
        var options = Bootstrapped();
        options.Kubernetes.PbmPort = 9110;
        var faults = KubernetesRules.FaultsOf(options, hasBootstrap: false, hasCmd: false).ToList();
        Assert.Equal(2, faults.Count);
        Assert.Contains(faults, fault => Says(fault, "KvStore:Cluster:Bootstrap:", "-p:KvStoreKubernetes=true"));
        Assert.Contains(faults, fault => Says(fault, "KvStore:Kubernetes:PbmPort:", "-p:KvStorePetabridgeCmd=true"));
        Assert.Empty(KubernetesRules.FaultsOf(options, hasBootstrap: true, hasCmd: true));
    }

    [Fact]
    public void A_build_can_have_the_bootstrap_alone()
    {
        var options = Bootstrapped();
        Assert.Empty(KubernetesRules.FaultsOf(options, hasBootstrap: true, hasCmd: false));
        options.Kubernetes.PbmPort = 9110;
        var fault = Assert.Single(KubernetesRules.FaultsOf(options, hasBootstrap: true, hasCmd: false));
        Assert.True(Says(fault, "KvStore:Kubernetes:PbmPort:", "-p:KvStorePetabridgeCmd=true"), fault);
    }

    /// <summary>The specs are built without it, as a fresh machine has no packages for it.</summary>
    [Fact]
    public void This_build_has_none_and_a_node_that_asks_for_it_does_not_start()
    {
        Assert.False(KubernetesHosting.IsBuiltIn);
        Assert.False(PetabridgeCmdHosting.IsBuiltIn);
        Assert.Contains(SettingsRules.FaultsOf(Bootstrapped()), fault => fault.StartsWith("KvStore:Cluster:Bootstrap:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("kvstore-0.kvstore-nodes")]
    public void The_pods_address_must_be_the_one_that_the_api_server_lists(string address) =>
        AssertFault("KvStore:Kubernetes:PodAddress:", options => options.Kubernetes.PodAddress = address);

    [Fact]
    public void Seed_nodes_beside_the_bootstrap_are_refused() =>
        AssertFault("KvStore:Cluster:SeedNodes:", options => options.Cluster.SeedNodes = ["a:1"]);

    [Fact]
    public void Each_wrong_value_is_named()
    {
        AssertFault("KvStore:Kubernetes:ManagementPort:", options => options.Kubernetes.ManagementPort = 0);
        AssertFault("KvStore:Kubernetes:RequiredContactPoints:", options => options.Kubernetes.RequiredContactPoints = 0);
        AssertFault("KvStore:Kubernetes:ServiceName:", options => options.Kubernetes.ServiceName = " ");
        AssertFault("KvStore:Kubernetes:PortName:", options => options.Kubernetes.PortName = "");
        AssertFault("KvStore:Kubernetes:PbmPort:", options => options.Kubernetes.PbmPort = 70_000);
    }

    [Fact]
    public void Nothing_of_it_matters_where_it_is_not_asked_for()
    {
        var options = new NodeOptions();
        options.Kubernetes.PodAddress = "nonsense";
        options.Kubernetes.RequiredContactPoints = -1;
        Assert.Empty(KubernetesRules.FaultsOf(options, hasBootstrap: false, hasCmd: false));
    }

    private static bool Says(string fault, string setting, string property) =>
        fault.StartsWith(setting, StringComparison.Ordinal) && fault.Contains(property, StringComparison.Ordinal);

    private static void AssertFault(string setting, Action<NodeOptions> change)
    {
        var options = Bootstrapped();
        change(options);
        var fault = Assert.Single(KubernetesRules.FaultsOf(options, hasBootstrap: true, hasCmd: true));
        Assert.StartsWith(setting, fault, StringComparison.Ordinal);
    }

    private static NodeOptions Bootstrapped()
    {
        var options = new NodeOptions { NodeName = "kvstore-0" };
        options.Cluster.Bootstrap = BootstrapMethod.Kubernetes;
        options.Kubernetes.PodAddress = "10.0.0.7";
        return options;
    }
}
