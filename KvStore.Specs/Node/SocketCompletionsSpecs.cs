using KvStore.Node;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node;

public sealed class SocketCompletionsSpecs
{
    [SkippableFact]
    public async Task A_node_has_a_thread_for_sockets_a_core()
    {
        if (!OperatingSystem.IsLinux())
        {
            Requirements.Skip("Only Linux tells the names of a process's threads.");
        }

        await using var cluster = await ClusterOfProcesses.StartAsync(1, StorageUnderTest.Sqlite());
        var names = Directory.EnumerateDirectories($"/proc/{cluster[0].ProcessId}/task").Select(thread => File.ReadAllText($"{thread}/comm").Trim());
        Assert.Equal(Environment.ProcessorCount, names.Count(name => name == ".NET Sockets"));
    }

    [Fact]
    public async Task What_leaves_a_thread_of_another_kind_goes_on_on_the_pool()
    {
        var isOnPool = new TaskCompletionSource<bool>();
        new Thread(() => _ = LeaveAsync()).Start();
        Assert.True(await isOnPool.Task);

        async Task LeaveAsync()
        {
            await SocketCompletions.LeaveAsync().ConfigureAwait(false);
            isOnPool.SetResult(Thread.CurrentThread.IsThreadPoolThread);
        }
    }

    [Fact]
    public async Task Who_is_on_the_pool_need_not_leave() =>
        Assert.True(await Task.Run(() => Task.FromResult(SocketCompletions.LeaveAsync().IsCompletedSuccessfully)));
}
