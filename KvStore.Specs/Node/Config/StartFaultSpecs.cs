using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Config;

/// <summary>A node that cannot start says in one message which setting to change, and nothing else.</summary>
public sealed class StartFaultSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("KvStore__Storage__Provider", "Mongo", "KvStore:Storage:Provider", "Sqlite, Postgres")]
    [InlineData("KvStore__Storage__Provider", "1", "KvStore:Storage:Provider", "Sqlite, Postgres")]
    [InlineData("KvStore__Shards", "0", "KvStore:Shards", "1 to 4096")]
    [InlineData("KvStore__Shards", "many", "KvStore:Shards", "whole number")]
    [InlineData("KvStore__Storage__LeaseTtl", "soon", "KvStore:Storage:LeaseTtl", "time span")]
    [InlineData("KvStore__Limits__MaxValueByte", "5", "KvStore:Limits:MaxValueByte", "no such setting")]
    [InlineData("KvStore__NodeName", "a node", "KvStore:NodeName", "'a node'")]
    [InlineData("KvStore__Cluster__SeedNodes__0", "nowhere", "KvStore:Cluster:SeedNodes", "host:port")]
    [InlineData("KvStore__Cluster__SeedNodes__0", "127.0.0.1:99999", "KvStore:Cluster:SeedNodes", "host:port")]
    [InlineData("KvStore__Cluster__Hostname", "no.such.host.invalid", "KvStore:Cluster:Port", "no.such.host.invalid")]
    [InlineData("KvStore__Cluster__LinkPort", "65536", "KvStore:Cluster:LinkPort", "0 to 65535")]
    [InlineData("KvStore__Storage__ConnectionString", "Data Source=:memory:", "KvStore:Storage:ConnectionString", "file of its own")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:99999", "ASPNETCORE_URLS", "no such port")]
    [InlineData("ASPNETCORE_URLS", "https://127.0.0.1:7443", "ASPNETCORE_URLS", "only http")]
    [InlineData("ASPNETCORE_URLS", "127.0.0.1:7000", "ASPNETCORE_URLS", "127.0.0.1:7000")]
    [InlineData("ASPNETCORE_URLS", "http://192.0.2.1:7000", "ASPNETCORE_URLS", "192.0.2.1")]
    public async Task A_wrong_setting_is_named(string variable, string value, string setting, string hint)
    {
        using var storage = StorageUnderTest.Sqlite();

        await RefusesToStartAsync(storage, [new(variable, value)], setting, hint);
    }

    [Fact]
    public async Task All_wrong_settings_are_named_in_one_message()
    {
        using var storage = StorageUnderTest.Sqlite();

        await RefusesToStartAsync(
            storage,
            [new("KvStore__Shards", "0"), new("KvStore__Limits__MaxJsonDepth", "-1"), new("KvStore__Storage__LeaseTtl", "1.00:00:00")],
            "KvStore:Shards", "KvStore:Limits:MaxJsonDepth", "KvStore:Storage:LeaseTtl");
    }

    [Fact]
    public async Task Another_shard_count_than_the_stores_is_refused()
    {
        using var storage = StorageUnderTest.Sqlite();
        await using (var node = await StartAsync(storage))
        {
            Assert.Equal(0, await node.TerminateAsync());
        }

        await RefusesToStartAsync(storage, [new("KvStore__Shards", "64")], "KvStore:Shards", "128", "64");
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        using var directory = new TempDirectory();
        var file = directory.File("kv.db");
        await File.WriteAllTextAsync(file, new string('x', 10_000));
        using var storage = StorageUnderTest.Sqlite();

        await RefusesToStartAsync(
            storage, [new("KvStore__Storage__ConnectionString", $"Data Source={file}")], "KvStore:Storage:ConnectionString");
    }

    [Fact]
    public async Task An_unreachable_database_is_refused_and_its_password_not_shown()
    {
        using var storage = StorageUnderTest.Sqlite();

        var said = await RefusesToStartAsync(
            storage,
            [
                new("KvStore__Storage__Provider", "Postgres"),
                new("KvStore__Storage__ConnectionString", $"Host=127.0.0.1;Port={FreePorts.Next()};Username=kv;Password=s3cret;Database=kv"),
            ],
            "KvStore:Storage:ConnectionString");

        Assert.DoesNotContain("s3cret", said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_server_that_does_not_sync_is_refused()
    {
        await using var server = await PostgresServer.StartNewAsync("fsync=off");
        using var storage = await StorageUnderTest.PostgresAsync(() => server.CreateDatabaseAsync());

        await RefusesToStartAsync(storage, [], "fsync");
    }

    [Fact]
    public async Task An_http_port_in_use_is_named()
    {
        using var storage = StorageUnderTest.Sqlite();
        using var taken = Listen();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        await RefusesToStartAsync(storage, [new("ASPNETCORE_URLS", url)], "ASPNETCORE_URLS", url, "in use");
    }

    [Theory]
    [InlineData("Port")]
    [InlineData("LinkPort")]
    public async Task A_cluster_port_in_use_is_named(string name)
    {
        using var storage = StorageUnderTest.Sqlite();
        using var taken = Listen();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await RefusesToStartAsync(storage, [new($"KvStore__Cluster__{name}", $"{port}")], $"KvStore:Cluster:{name}:", $"{port}", "in use");
    }

    /// <summary>Specs that start nodes come back for other ports then.</summary>
    [Fact]
    public async Task That_a_port_was_taken_is_told_from_other_faults()
    {
        using var storage = StorageUnderTest.Sqlite();
        using var taken = Listen();

        Assert.True((await FaultOfStartAsync(storage, "KvStore__Cluster__LinkPort", $"{((IPEndPoint)taken.LocalEndpoint).Port}")).PortWasTaken);
        Assert.False((await FaultOfStartAsync(storage, "KvStore__Shards", "0")).PortWasTaken);
    }

    [Fact]
    public async Task A_second_live_node_of_one_name_is_refused()
    {
        using var storage = StorageUnderTest.Sqlite();
        await using var node = await StartAsync(storage);

        await RefusesToStartAsync(storage, [], "KvStore:NodeName", "'node'");
    }

    private static async Task<NodeProcess> StartAsync(StorageUnderTest storage)
    {
        var node = NodeProcess.Start(Settings(storage, []));
        await node.BecomesReadyAsync();
        return node;
    }

    private static async Task<NodeExitedException> FaultOfStartAsync(StorageUnderTest storage, string variable, string value)
    {
        await using var node = NodeProcess.Start(Settings(storage, [new(variable, value)]));
        return await Assert.ThrowsAsync<NodeExitedException>(() => node.BecomesReadyAsync());
    }

    private static async Task<string> RefusesToStartAsync(
        StorageUnderTest storage, KeyValuePair<string, string>[] settings, params string[] named)
    {
        await using var node = NodeProcess.Start(Settings(storage, settings));
        await node.ExitsAsync(Patience);
        var said = node.Log.Tail();

        Assert.True(node.ExitCode is > 0 and < 128, $"exit code {node.ExitCode}: {said}");
        Assert.All(named, part => Assert.Contains(part, said, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", said, StringComparison.Ordinal);
        return said;
    }

    private static NodeProcessSettings Settings(StorageUnderTest storage, KeyValuePair<string, string>[] more)
    {
        var clusterPort = FreePorts.Next();
        return new("node", FreePorts.Next(), clusterPort, [clusterPort], storage, ImmutableDictionary.CreateRange(more));
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }
}
