using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using KvStore.Node.Diagnostics;
using KvStore.Specs.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace KvStore.Specs.Node.Diagnostics;

[Collection(ClusterOfProcessesCollection.Name)]
public sealed class LogBlockedSpecs
{
    /// <summary>Each logs three lines or so at the level of these specs. The queue keeps 100, and a pipe 500.</summary>
    private const int Requests = 1_000;

    private static readonly ImmutableDictionary<string, string> LogsMuch = ImmutableDictionary<string, string>.Empty
        .Add("Logging__LogLevel__Microsoft", "Trace").Add("Logging__Console__MaxQueueLength", "100");

    [Fact]
    public async Task A_console_that_takes_no_lines_keeps_no_request_waiting()
    {
        using var directory = new TempDirectory();
        using var storage = StorageUnderTest.Sqlite();
        var console = directory.File("console");
        var port = FreePorts.Next();
        // Open for reading too, so that the pipe has a reader, which never reads.
        await using var node = NodeProcess.Start(new NodeProcessSettings("node-0", FreePorts.Next(), port, [port], storage, LogsMuch)
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
        var reading = Task.Run(() => ReadToEndAsync(console));
        await Eventually.HoldsAsync(
            "the node tells how many lines it dropped",
            TimeSpan.FromSeconds(20),
            async cancel => await node.GetStatusAsync("/kv/1", cancel) == HttpStatusCode.OK && node.Log.Contains("dropped because of queue size limit"),
            () => node.Log.Tail());
        await node.TerminateAsync();
        await reading;
    }

    [Fact]
    public async Task Who_wants_all_lines_rather_than_answers_can_say_so()
    {
        var builder = WebApplication.CreateBuilder(["--Logging:Console:QueueFullMode=Wait"]);
        LogSetup.Configure(builder.Logging, builder.Configuration, "node-0");
        await using var app = builder.Build();
        Assert.Equal(ConsoleLoggerQueueFullMode.Wait, app.Services.GetRequiredService<IOptionsMonitor<ConsoleLoggerOptions>>().CurrentValue.QueueFullMode);
    }

    /// <summary>The end comes with the node's.</summary>
    private static async Task ReadToEndAsync(string pipe)
    {
        await using var reader = new FileStream(pipe, FileMode.Open, FileAccess.Read);
        await reader.CopyToAsync(Stream.Null);
    }
}
