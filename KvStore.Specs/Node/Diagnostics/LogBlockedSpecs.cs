using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Diagnostics;

[Collection(ClusterOfProcessesCollection.Name)]
public sealed class LogBlockedSpecs
{
    /// <summary>At the level of this spec a request logs some lines. The queue and a pipe keep 3,000 or so.</summary>
    private const int Requests = 1_000;

    private static readonly ImmutableDictionary<string, string> LogsAll =
        ImmutableDictionary<string, string>.Empty.Add("Logging__LogLevel__Microsoft", "Trace");

    [Fact]
    public async Task A_console_that_takes_no_lines_keeps_no_request_waiting()
    {
        using var directory = new TempDirectory();
        using var storage = StorageUnderTest.Sqlite();
        var console = directory.File("console");
        var port = FreePorts.Next();
        // Open for reading too, so that the pipe has a reader, which never reads.
        await using var node = NodeProcess.Start(new NodeProcessSettings("node-0", FreePorts.Next(), port, [port], storage, LogsAll)
        {
            RunBy = ["/bin/sh", "-c", """mkfifo "$0" && exec "$@" 1<>"$0" """, console],
        });
        await node.BecomesReadyAsync();

        for (var i = 0; i < Requests; i++)
        {
            using var answer = await node.Http.PutAsJsonAsync($"/kv/{i}", i);
            Assert.True(answer.IsSuccessStatusCode, $"{i}: {answer.StatusCode}");
        }

        // Once somebody reads, the node can say it, to stderr and with the next line. Until then it is not known that anything was in the way.
        _ = ReadToEndAsync(console);
        await Eventually.HoldsAsync(
            "the node tells how many lines it dropped",
            TimeSpan.FromSeconds(20),
            async cancel => await node.GetStatusAsync("/kv/1", cancel) == HttpStatusCode.OK && node.Log.Contains("dropped because of queue size limit"));
        await node.TerminateAsync();
    }

    /// <summary>The end comes with the node's.</summary>
    private static async Task ReadToEndAsync(string pipe)
    {
        await using var reader = new FileStream(pipe, FileMode.Open, FileAccess.Read);
        await reader.CopyToAsync(Stream.Null);
    }
}
