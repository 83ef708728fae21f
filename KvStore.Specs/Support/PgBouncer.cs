using System.Diagnostics;
using KvStore.Specs.Deploy;
using Npgsql;

namespace KvStore.Specs.Support;

/// <summary>
/// A real pooler before the specs' shared server, in transaction mode: each transaction of a client may come to another of its
/// connections. A small guard process ends it when this process is gone, in whatever way.
/// </summary>
internal sealed class PgBouncer
{
    private static readonly Lazy<Task<PgBouncer>> OfThisProcess = new(StartAsync);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _guard;
    private readonly int _port;

    private PgBouncer(Process guard, int port) => (_guard, _port) = (guard, port);

    /// <summary>Skips the spec where it or PostgreSQL is not installed.</summary>
    public static async Task<PgBouncer> GetSharedAsync()
    {
        _ = await PostgresServer.Shared;
        _ = CommandLineTool.Require("pgbouncer");
        return await OfThisProcess.Value;
    }

    /// <summary>The same database by way of the pooler.</summary>
    public string Through(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = _port }.ConnectionString;

    private static async Task<PgBouncer> StartAsync()
    {
        var server = await PostgresServer.Shared;
        var port = FreePorts.Next();
        var directory = Directory.CreateTempSubdirectory("kvstore-pgbouncer-").FullName;
        var config = Path.Combine(directory, "pgbouncer.ini");
        await File.WriteAllTextAsync(
            config,
            $"""
            [databases]
            * = host=127.0.0.1 port={server.Port} user=kvstore
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 5
            max_client_conn = 500
            ignore_startup_parameters = extra_float_digits
            """);
        if (PostgresBinaries.User is { } user)
        {
            await PostgresBinaries.RunAsync(new ProcessStartInfo("chown", ["-R", user, directory]));
        }

        var command = PostgresBinaries.Command(CommandLineTool.Require("pgbouncer"), "--quiet", config);
        var guard = Process.Start(new ProcessStartInfo(
            "/bin/sh",
            [
                "-c",
                """
                trap '' INT TERM HUP
                directory=$0
                "$@" < /dev/null > /dev/null 2>&1 &
                cat > /dev/null
                kill -TERM $! 2> /dev/null
                rm -rf -- "$directory"
                """,
                directory, command.FileName, .. command.ArgumentList,
            ])
        {
            RedirectStandardInput = true,
        })!;
        var pooler = new PgBouncer(guard, port);
        await Eventually.HoldsAsync("the pooler lets somebody in", Patience, async _ =>
        {
            try
            {
                await PostgresServer.ExecuteAsync(pooler.Through(server.ConnectionString("postgres")), "select 1");
                return true;
            }
            catch (NpgsqlException)
            {
                return pooler._guard.HasExited ? throw new InvalidOperationException("The pooler has ended.") : false;
            }
        });
        return pooler;
    }
}
