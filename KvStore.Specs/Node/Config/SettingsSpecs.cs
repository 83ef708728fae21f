using KvStore.Node.Config;
using Microsoft.Extensions.Configuration;

namespace KvStore.Specs.Node.Config;

public sealed class SettingsSpecs
{
    [Fact]
    public void Every_setting_can_be_set_and_arrives()
    {
        foreach (var (name, section, property) in SettingsReader.Describe(new NodeOptions(), NodeOptions.Section))
        {
            var before = property.GetValue(section);
            object value = before switch
            {
                string[] => new[] { "a:1", "b:2" },
                string => "other",
                int number => number + 1,
                long number => number + 1,
                bool flag => !flag,
                TimeSpan span => span + TimeSpan.FromSeconds(1),
                StorageProvider => StorageProvider.Postgres,
                BootstrapMethod => BootstrapMethod.Kubernetes,
                _ => throw new NotSupportedException($"{name} is a {property.PropertyType}: say how a spec sets it."),
            };
            var pairs = value is string[] items
                ? items.Select((item, i) => KeyValuePair.Create($"{name}:{i}", (string?)item))
                : [KeyValuePair.Create(name, value.ToString())];
            var faults = new List<string>();

            var options = SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build(), faults);

            Assert.Empty(faults);
            var read = SettingsReader.Describe(options, NodeOptions.Section).Single(setting => setting.Name == name);
            Assert.Equal(value, read.Property.GetValue(read.Section));
        }
    }

    [Fact]
    public void Defaults_have_no_fault() => Assert.Empty(SettingsRules.FaultsOf(new NodeOptions { NodeName = "node" }));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    public void The_link_port_may_be_any_port_or_none_in_particular(int port) => Assert.Empty(FaultsWithLinkPort(port));

    [Theory]
    [InlineData(-1, "0 to 65535")]
    [InlineData(65_536, "0 to 65535")]
    [InlineData(4053, "KvStore:Cluster:Port")]
    public void A_link_port_that_is_none_or_the_other_port_is_named(int port, string hint)
    {
        var fault = Assert.Single(FaultsWithLinkPort(port));

        Assert.StartsWith($"KvStore:Cluster:LinkPort: {port} ", fault, StringComparison.Ordinal);
        Assert.Contains(hint, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Seed_nodes_may_be_given_as_one_list()
    {
        var faults = new List<string>();

        var options = SettingsReader.Read(
            new ConfigurationBuilder().AddInMemoryCollection([new("KvStore:Cluster:SeedNodes", "a:1, b:2")]).Build(), faults);

        Assert.Empty(faults);
        Assert.Equal(["a:1", "b:2"], options.Cluster.SeedNodes);
    }

    [Fact]
    public void Help_explains_every_setting()
    {
        var help = HelpText.Make().Split(Environment.NewLine);
        foreach (var (name, _, _) in SettingsReader.Describe(new NodeOptions(), NodeOptions.Section))
        {
            var line = Array.FindIndex(help, text => text.TrimStart().StartsWith(name + " ", StringComparison.Ordinal));
            Assert.True(line >= 0 && help[line + 1].Trim().Length > 10, $"{name} is not explained.");
        }
    }

    private static IEnumerable<string> FaultsWithLinkPort(int port) =>
        SettingsRules.FaultsOf(new NodeOptions { NodeName = "node", Cluster = { LinkPort = port } });
}
