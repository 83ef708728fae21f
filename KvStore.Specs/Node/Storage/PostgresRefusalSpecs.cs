using KvStore.Node.Storage;
using KvStore.Specs.Support;
using static KvStore.Specs.Node.Storage.PostgresFaults;

namespace KvStore.Specs.Node.Storage;

public sealed class PostgresRefusalSpecs
{
    [SkippableFact]
    public async Task A_server_that_does_not_sync_is_refused_unless_it_is_allowed_in_as_many_words()
    {
        await using var server = await PostgresServer.StartNewAsync("fsync=off");
        var database = await server.CreateDatabaseAsync();
        await using var store = New(database);
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.OpenAsync(default));
        Assert.Equal("fsync", refusal.Setting);
        Assert.Contains("KvStore:Storage:AllowUnsafeServerSettings", refusal.Message, StringComparison.Ordinal);
        await using var unsafely = New(database, allowUnsafe: true);
        await unsafely.OpenAsync(default);
    }

    [SkippableFact]
    public async Task A_renewal_refuses_settings_that_were_changed_while_the_server_runs()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var faults = await OpenAsync(await server.CreateDatabaseAsync());
        Assert.NotNull(await faults.Store.RenewAsync(A));
        await PostgresServer.ExecuteAsync(faults.ConnectionString, "alter system set full_page_writes = off");
        await PostgresServer.ExecuteAsync(faults.ConnectionString, "select pg_reload_conf()");
        StoreRefusedException? refusal = null;
        await EventuallyAsync(async () =>
        {
            try
            {
                await faults.Store.RenewAsync(A);
                return false;
            }
            catch (StoreRefusedException e)
            {
                refusal = e;
                return true;
            }
        });
        Assert.Equal("full_page_writes", refusal!.Setting);
    }

    [SkippableFact]
    public async Task Whatever_keeps_a_store_from_opening_is_one_sentence_with_the_setting_and_no_password()
    {
        var server = await PostgresServer.Shared;
        var latin = await server.CreateDatabaseAsync("encoding 'LATIN1' template template0");
        string[] wrong =
        [
            server.ConnectionString("nowhere"), server.ConnectionString("postgres").Replace($"Port={server.Port}", "Port=1", StringComparison.Ordinal),
            latin, server.ConnectionString("postgres").Replace("Username=kvstore", "Username=stranger", StringComparison.Ordinal),
        ];
        foreach (var connectionString in wrong)
        {
            await using var store = New(connectionString + ";Password=s3cret");
            var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.OpenAsync(default));
            Assert.Equal("KvStore:Storage:ConnectionString", refusal.Setting);
            Assert.StartsWith("KvStore:Storage:ConnectionString: ", refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", refusal.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refusal.Message);
        }
    }

    [Theory]
    [InlineData("Port=s3cret;Host=localhost")]
    [InlineData("s3cret")]
    [InlineData("Password=s3cret")]
    public void A_malformed_connection_string_is_refused_without_being_quoted(string connectionString)
    {
        var refusal = Assert.Throws<StoreRefusedException>(() => New(connectionString));
        Assert.Equal("KvStore:Storage:ConnectionString", refusal.Setting);
        Assert.DoesNotContain("s3cret", refusal.ToString(), StringComparison.Ordinal);
    }
}
