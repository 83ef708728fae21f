using KvStore.Node.Config;
using KvStore.Node.Diagnostics;
using KvStore.Node.Storage;
using KvStore.Specs.Contracts;
using KvStore.Specs.Support;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Diagnostics;

/// <summary>Over a store that answers at once, as a broken connection is noticed at once.</summary>
public sealed class KeyCountCacheSpecs : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly SqliteHarness _harness = new();
    private FaultyStore _store = null!;
    private KeyCountCache _counts = null!;

    public async Task InitializeAsync()
    {
        var options = new StorageOptions { ConnectionString = await _harness.CreateAsync() };
        _store = new FaultyStore(_harness.New(options, 1)) { OnCount = () => Task.FromResult(1L) };
        _counts = new KeyCountCache(_store, _time);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _harness.DisposeAsync();
    }

    [Fact]
    public async Task Keys_are_counted_anew_when_the_last_count_is_old()
    {
        Assert.Equal(1, await CountAsync());
        _store.OnCount = () => Task.FromResult(2L);
        Assert.Equal(1, await CountAsync());

        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public async Task A_count_that_failed_is_not_the_last()
    {
        _store.OnCount = () => Task.FromException<long>(new StoreUnavailableException("gone"));
        await Assert.ThrowsAsync<StoreUnavailableException>(CountAsync);

        _store.OnCount = () => Task.FromResult(3L);

        Assert.Equal(3, await CountAsync());
    }

    /// <summary>Begun on the pool, where most requests are.</summary>
    private Task<long> CountAsync() => Task.Run(async () => Assert.Single((await _counts.GetAsync(CancellationToken.None)).ByShard));
}
