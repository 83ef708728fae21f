using KvStore.Node;
using KvStore.Node.Config;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node;

public sealed class ListenCheckSpecs
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("")]
    public void A_node_may_listen_on_all_addresses_on_one_and_on_that_of_a_name(string bindHostname)
    {
        var options = new NodeOptions();
        options.Cluster.BindHostname = bindHostname;
        options.Cluster.Port = FreePorts.Next();
        Assert.Empty(ListenCheck.FaultsOf(options, [$"http://+:{FreePorts.Next()}"]));
    }
}
