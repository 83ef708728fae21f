using KvStore.Specs.Support;

namespace KvStore.Specs.Original;

/// <summary>The nodes that one class of cases shares: <paramref name="count"/> processes on one store.</summary>
public abstract class OriginalNodes : IAsyncLifetime
{
    private readonly int _count;
    private readonly Func<Task<StorageUnderTest>> _storage;
    private ClusterOfProcesses? _cluster;
    private SkipException? _skipped;

    private protected OriginalNodes(int count, Func<Task<StorageUnderTest>> storage)
    {
        _count = count;
        _storage = storage;
    }

    public IReadOnlyList<Uri> Addresses => Cluster.Addresses;

    public IReadOnlyList<string> Names => Cluster.Names;

    private ClusterOfProcesses Cluster => _cluster ?? throw _skipped ?? new InvalidOperationException("The nodes are not started") as Exception;

    public async Task InitializeAsync()
    {
        try
        {
            _cluster = await ClusterOfProcesses.StartAsync(_count, await _storage());
        }
        catch (SkipException skipped)
        {
            // Thrown from here it would count as a failure of every case; each case throws it again.
            _skipped = skipped;
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
