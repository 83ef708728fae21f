using System.Net;
using KvStore.Node.Config;
using KvStore.Node.Storage.Postgres;
using KvStore.Specs.Node.Storage;
using KvStore.Specs.Support;
using Npgsql;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>A store that reaches its server through a proxy, and beside it one that reaches the same database directly.</summary>
internal sealed class PostgresProxyStage : IAsyncDisposable
{
    private PostgresProxyStage(PostgresFaults direct, PostgresProxy proxy, PostgresKeyStore store)
    {
        Direct = direct;
        Proxy = proxy;
        Store = store;
    }

    public PostgresFaults Direct { get; }

    public PostgresProxy Proxy { get; }

    /// <summary>Through the proxy.</summary>
    public PostgresKeyStore Store { get; }

    /// <param name="lockTimeout">Of both stores.</param>
    /// <param name="commitTimeout">Of the store behind the proxy.</param>
    /// <param name="adjust">Further options of the store behind the proxy.</param>
    /// <param name="more">Of the connection string through the proxy.</param>
    /// <param name="before">Another proxy, which the store reaches this stage's proxy through.</param>
    public static async Task<PostgresProxyStage> OpenAsync(
        PostgresServer server,
        TimeSpan? lockTimeout = null,
        TimeSpan? commitTimeout = null,
        Func<PostgresProxy, PostgresProxy>? before = null,
        Action<StorageOptions>? adjust = null,
        string more = "")
    {
        var database = await server.CreateDatabaseAsync();
        var direct = await PostgresFaults.OpenAsync(database, lockTimeout);
        var proxy = PostgresProxy.Start(new IPEndPoint(IPAddress.Loopback, 0), () => new IPEndPoint(IPAddress.Loopback, server.Port));
        var entrance = before?.Invoke(proxy) ?? proxy;
        var through = new NpgsqlConnectionStringBuilder(database) { Port = entrance.Endpoint.Port };
        var store = PostgresFaults.New(through.ConnectionString + more, lockTimeout, commitTimeout, adjust: adjust);
        await store.OpenAsync(default);
        return new PostgresProxyStage(direct, proxy, store);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Proxy.DisposeAsync();
        await Direct.DisposeAsync();
    }
}
