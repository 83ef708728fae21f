using System.Net;
using KvStore.Specs.Original;
using KvStore.Specs.Support;

namespace KvStore.Specs.Cluster;

/// <summary>A node that leaves in good order hands everything on before it is gone.</summary>
public sealed class LeavingSpecs
{
    [Fact]
    public async Task The_coordinators_node_has_its_shards_moved_and_all_shards_placed_before_it_leaves()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(3, StorageUnderTest.Sqlite());
        using var rest = new OriginalClient([.. cluster.Addresses.Skip(1)]);
        var keys = Enumerable.Range(0, 90).Select(i => $"key-{i}").ToList();
        var owners = await Task.WhenAll(keys.Select(async key => (await rest.PutAsync(key, "1")).Node));
        Assert.Contains("node-0", owners);

        Assert.Equal(0, await cluster[0].TerminateAsync());

        Assert.True(cluster[0].Log.Contains("shards moved away"), cluster[0].Log.Tail());
        Assert.True(cluster[0].Log.Contains(" 0 are left to hand off at once"), cluster[0].Log.Tail());
        Assert.True(cluster[0].Log.Contains("placed by each of 2 regions that stay, 256 answers"), cluster[0].Log.Tail());
        Assert.All(await Task.WhenAll(keys.Select(key => rest.GetAsync(key))), answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
    }

    [Fact]
    public async Task Two_of_three_that_leave_at_once_leave_everything_to_the_third()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(3, StorageUnderTest.Sqlite());
        using var third = new OriginalClient([cluster.Addresses[2]]);
        var keys = Enumerable.Range(0, 60).Select(i => $"key-{i}").ToList();
        await Task.WhenAll(keys.Select(key => third.PutAsync(key, "1")));

        var codes = await Task.WhenAll(Enumerable.Range(0, 2).Select(node => cluster[node].TerminateAsync(TimeSpan.FromSeconds(25))));

        Assert.All(codes, code => Assert.Equal(0, code));
        Assert.All(await Task.WhenAll(keys.Select(key => third.PutAsync(key, "2"))), answer => Assert.Equal(("node-2", 2), (answer.Node, answer.Version)));
    }

    [Fact]
    public async Task Nodes_that_all_leave_at_once_do_not_wait_for_each_other()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync(3, StorageUnderTest.Sqlite());
        using var client = new OriginalClient(cluster.Addresses);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => client.PutAsync($"key-{i}", "1")));

        var codes = await Task.WhenAll(Enumerable.Range(0, 3).Select(node => cluster[node].TerminateAsync(TimeSpan.FromSeconds(20))));

        Assert.All(codes, code => Assert.Equal(0, code));
    }
}
