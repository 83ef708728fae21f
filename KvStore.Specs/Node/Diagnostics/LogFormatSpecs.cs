using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Diagnostics;

[Collection(ClusterOfProcessesCollection.Name)]
public sealed class LogFormatSpecs
{
    [Fact]
    public async Task In_a_container_each_line_of_the_log_is_json_with_its_event_id_and_named_values()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(
            1, StorageUnderTest.Sqlite(), new Dictionary<string, string> { ["DOTNET_RUNNING_IN_CONTAINER"] = "true" });
        await cluster[0].TerminateAsync();
        var entries = cluster[0].Log.Tail(4_000).Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var starting = entries.Single(entry => entry.GetProperty("EventId").GetInt32() == 2000);
        Assert.Equal("node-0", starting.GetProperty("State").GetProperty("Name").GetString());
        Assert.Equal("Information", starting.GetProperty("LogLevel").GetString());
    }

    [Fact]
    public async Task At_a_terminal_it_is_text()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(1, StorageUnderTest.Sqlite());
        Assert.Contains("info: KvStore.Node[2000] Node node-0", cluster[0].Log.Tail(4_000), StringComparison.Ordinal);
    }
}
