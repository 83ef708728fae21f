using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace KvStore.Node.Config;

/// <summary>What <c>--help</c> prints; the settings come from the option classes, so that none is forgotten.</summary>
public static class HelpText
{
    public static string Make()
    {
        var text = new StringBuilder();
        text.AppendLine("KvStore.Node: a JSON key-value store over HTTP, one node of a cluster.");
        text.AppendLine();
        text.AppendLine("  dotnet run --project KvStore.Node                              one durable node on http://127.0.0.1:7000");
        text.AppendLine("  dotnet run --project KvStore.Node --launch-profile node1       first of three nodes on this machine (node2, node3)");
        text.AppendLine("  curl -X PUT localhost:7000/kv/a -d '{\"x\":1}'                   write a key; GET, PATCH, DELETE likewise");
        text.AppendLine();
        text.AppendLine("Settings, by command line (--KvStore:Shards=64), environment (KvStore__Shards=64) or appsettings.json:");
        text.AppendLine();
        foreach (var (name, section, property) in SettingsReader.Describe(new NodeOptions(), NodeOptions.Section))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name,-40} {DefaultOf(property, section)}");
            text.AppendLine(CultureInfo.InvariantCulture, $"      {DescriptionOf(property)}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  {"ASPNETCORE_URLS",-40} {NodeHost.DefaultUrl}");
        text.AppendLine("      Where to serve HTTP.");
        return text.ToString();
    }

    public static string DescriptionOf(PropertyInfo property) => property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <param name="quote">Put around a literal value.</param>
    public static string DefaultOf(PropertyInfo property, object section, string quote = "") =>
        property.Name == nameof(NodeOptions.NodeName) ? "the host's name" : property.GetValue(section) switch
        {
            string[] { Length: 0 } => "the node itself",
            "" => "(empty)",
            var value => quote + Convert.ToString(value, CultureInfo.InvariantCulture) + quote,
        };
}
