using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Original;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Cluster;

/// <summary>A node that is told to end does, whatever its database does.</summary>
public sealed class EndSpecs(ITestOutputHelper output)
{
    private const int Sigterm = 128 + NodeProcessSignals.Terminate;

    [SkippableFact]
    public async Task A_node_whose_database_hangs_ends_within_the_grace_that_a_pod_has()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var cluster = await StartUnderLoadAsync(server);
        var set = (StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single();
        var grace = TimeSpan.FromSeconds(set.Pod.TerminationGracePeriodSeconds - set.Pod.Containers.Single().Lifecycle!.PreStop.Sleep.Seconds);

        var watch = Stopwatch.StartNew();
        var code = await cluster[0].TerminateAsync(grace);

        output.WriteLine($"ended with {code} {watch.Elapsed.TotalSeconds:0.0} s after SIGTERM");
        Assert.Equal(0, code);
    }

    [SkippableFact]
    public async Task A_second_SIGTERM_ends_it_at_once()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var cluster = await StartUnderLoadAsync(server);
        cluster[0].Signal(NodeProcessSignals.Terminate);
        await Eventually.HoldsAsync(
            "it has heard the first", TimeSpan.FromSeconds(20), () => cluster[0].Log.Tail().Contains("Application is shutting down", StringComparison.Ordinal));

        // One request may come as two signals, to the process and to its group.
        cluster[0].Signal(NodeProcessSignals.Terminate);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.False(cluster[0].HasExited);
        var watch = Stopwatch.StartNew();
        var code = await cluster[0].TerminateAsync(TimeSpan.FromSeconds(20));

        output.WriteLine($"ended with {code} {watch.Elapsed.TotalSeconds:0.0} s after the second SIGTERM");
        Assert.Equal(Sigterm, code);
        Assert.Contains("second signal", cluster[0].Log.Tail(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_of_telemetry_that_does_not_answer_does_not_keep_it()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var cluster = await ClusterOfProcesses.StartAsync(
            1, StorageUnderTest.Sqlite(), new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{silent.LocalEndpoint}" });
        using var client = new OriginalClient(cluster.Addresses);
        await client.PutAsync("a", "1");

        var watch = Stopwatch.StartNew();
        var code = await cluster[0].TerminateAsync(TimeSpan.FromSeconds(12));

        output.WriteLine($"ended with {code} {watch.Elapsed.TotalSeconds:0.0} s after SIGTERM");
        Assert.Equal(0, code);
    }

    [SkippableFact]
    public async Task SIGTERM_while_it_starts_ends_it_also_as_the_first_process_of_a_container()
    {
        Tool.Require("A process namespace", "unshare");
        using var storage = StorageUnderTest.Sqlite();
        // The namespace's first process is a child of unshare, which passes no signals on; the file tells its number outside.
        await using var node = NodeProcess.Start(new NodeProcessSettings("node-0", FreePorts.Next(), FreePorts.Next(), [], storage, ImmutableDictionary<string, string>.Empty)
        {
            RunBy = [Tool.Find("unshare")!, "--pid", "--fork", "--kill-child", "--mount-proc"],
        });
        // The runtime has a handler before the node has one, and what it hears by then it may lose; so the node must have said something.
        await Eventually.HoldsAsync(
            "the node's process is there and hears signals",
            TimeSpan.FromSeconds(20),
            () => node.Log.Tail().Contains("on store", StringComparison.Ordinal) && ChildOf(node.ProcessId) is { } child && CatchesSigterm(child));

        NodeProcessSignals.Send(ChildOf(node.ProcessId)!.Value, NodeProcessSignals.Terminate);

        await node.ExitsAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, node.ExitCode);
    }

    private static int? ChildOf(int process)
    {
        var children = $"/proc/{process}/task/{process}/children";
        return File.Exists(children) && int.TryParse(File.ReadAllText(children).Trim(), CultureInfo.InvariantCulture, out var child) ? child : null;
    }

    /// <summary>The kernel drops what the first process of a namespace has no handler for.</summary>
    private static bool CatchesSigterm(int process)
    {
        const string Field = "SigCgt:";
        var status = $"/proc/{process}/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) : null;
        return line is not null
            && (ulong.Parse(line[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (NodeProcessSignals.Terminate - 1))) != 0;
    }

    /// <summary>One node with writes under way, whose database has just stopped to answer.</summary>
    private static async Task<ClusterOfProcesses> StartUnderLoadAsync(PostgresServer server)
    {
        var cluster = await ClusterOfProcesses.StartAsync(1, await StorageUnderTest.PostgresAsync(() => server.CreateDatabaseAsync()));
        using var client = new OriginalClient(cluster.Addresses);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(key => client.PutAsync($"key-{key}", "1")));
        server.Pause();
        foreach (var key in Enumerable.Range(0, 20))
        {
            // Nobody waits for these: they hang.
            _ = cluster[0].Http.PutAsync($"/kv/key-{key}", new StringContent("2", null, "application/json"));
        }

        return cluster;
    }
}
