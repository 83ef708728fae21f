using KvStore.Specs.Cluster;

namespace KvStore.Specs.Http;

/// <summary>Two real nodes, of which the second is asked, so that about half of the keys are another node's.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    private InProcessCluster? _cluster;

    public Uri BaseAddress => _cluster?.Addresses[1] ?? throw new InvalidOperationException("The nodes were not started.");

    public async Task InitializeAsync() => _cluster = await InProcessCluster.StartAsync(2);

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}

public sealed class EdgeHttpContractSpecs(EdgeFixture edge) : HttpContractSpecs, IClassFixture<EdgeFixture>
{
    protected override Uri BaseAddress => edge.BaseAddress;
}

public sealed class EdgeHttpGuardContractSpecs(EdgeFixture edge) : HttpGuardContractSpecs, IClassFixture<EdgeFixture>
{
    protected override Uri BaseAddress => edge.BaseAddress;
}

public sealed class EdgeHttpTargetContractSpecs(EdgeFixture edge) : HttpTargetContractSpecs, IClassFixture<EdgeFixture>
{
    protected override Uri BaseAddress => edge.BaseAddress;
}

public sealed class EdgeHttpListingContractSpecs(EdgeFixture edge) : HttpListingContractSpecs, IClassFixture<EdgeFixture>
{
    protected override Uri BaseAddress => edge.BaseAddress;
}
