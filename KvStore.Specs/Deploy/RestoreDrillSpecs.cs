using System.Collections.Immutable;
using System.Net;
using KvStore.Specs.Support;
using Npgsql;

namespace KvStore.Specs.Deploy;

/// <summary>The runbook's way to back a store up and to put it back, gone once.</summary>
public sealed class RestoreDrillSpecs
{
    private static readonly HttpClient Client = new();

    [SkippableFact]
    public async Task A_dump_that_is_taken_while_a_node_serves_brings_the_store_back()
    {
        using var storage = await PostgresDatabase.CreateAsync();
        using var directory = new TempDirectory();
        var dump = directory.File("kvstore.dump");
        await using (var node = await StartAsync(storage))
        {
            await PutAsync(node, "kept", "1");
            await RunAsync("pg_dump", storage, dump);
            await PutAsync(node, "kept", "2");
            await PutAsync(node, "late", "1");
            Assert.Equal(0, await node.TerminateAsync());
        }

        await RunAsync("pg_restore", storage, dump);

        await using var restored = await StartAsync(storage);
        Assert.Equal("""{"key":"kept","value":1,"version":1}""", await Client.GetStringAsync(UriOf(restored, "kept")));
        using var late = await Client.GetAsync(UriOf(restored, "late"));
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        // As the runbook warns: the version comes again, with another value.
        Assert.Equal("""{"key":"kept","value":3,"version":2}""", await PutAsync(restored, "kept", "3"));
    }

    /// <summary>The part of the runbook's command that runs in the database's pod, for our server, database and file.</summary>
    private static Task<string> RunAsync(string program, StorageUnderTest storage, string dump)
    {
        var database = new NpgsqlConnectionStringBuilder(storage.ConnectionString);
        var command = Assert.Single(Runbook.Commands, command => command.Contains($" {program} ", StringComparison.Ordinal));
        var arguments = command.Split(" -- ")[1].Split([" > ", " < "], StringSplitOptions.None)[0].Split(' ').Skip(1).ToList();
        arguments[arguments.LastIndexOf("kvstore")] = database.Database!;
        return CommandLineTool.RunAsync(
            TimeSpan.FromMinutes(2),
            Path.Combine(PostgresBinaries.Directory!, program),
            [.. arguments, "-h", database.Host!, "-p", $"{database.Port}", .. program == "pg_dump" ? ["--file", dump] : (string[])[dump]]);
    }

    private static async Task<NodeProcess> StartAsync(StorageUnderTest storage)
    {
        var clusterPort = FreePorts.Next();
        var node = NodeProcess.Start(new("node", FreePorts.Next(), clusterPort, [clusterPort], storage, ImmutableDictionary<string, string>.Empty));
        await node.BecomesReadyAsync();
        return node;
    }

    private static async Task<string> PutAsync(NodeProcess node, string key, string json)
    {
        using var body = new StringContent(json);
        using var answer = await Client.PutAsync(UriOf(node, key), body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static Uri UriOf(NodeProcess node, string key) => new(node.Settings.Address, $"/kv/{key}");
}
