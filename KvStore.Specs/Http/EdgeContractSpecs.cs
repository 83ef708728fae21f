using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http;

/// <summary>One edge over a stand-in for the keys, for all contract specs.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    private const int Shards = 16;
    private EdgeHost? _host;

    public Uri BaseAddress => _host?.BaseAddress ?? throw new InvalidOperationException("The edge was not started.");

    public async Task InitializeAsync()
    {
        var keys = new MemoryKeys(Shards);
        _host = await EdgeHost.StartAsync(keys, keys, Edges.View(Shards, Edges.Self, null, Edges.Other));
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
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
