using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace KvStore.Specs.Support;

/// <summary>
/// A real PostgreSQL server of our own, on a free port of the loopback and with its files in a temporary directory. A small
/// guard process ends it and removes the directory when this process is gone, in whatever way.
/// </summary>
internal sealed partial class PostgresServer : IAsyncDisposable
{
    private const int MaxStarts = 10;

    private static readonly Lazy<Task<PostgresServer>> OfThisProcess = new(() => StartNewAsync());
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly PostgresServerPlan _plan;
    private readonly NodeProcessLog _log;
    private readonly Process _guard;
    private Process? _process;
    private int _port;

    private PostgresServer(string directory, PostgresServerPlan plan)
    {
        _directory = directory;
        _plan = plan;
        _log = new NodeProcessLog(plan.LogFile);
        _guard = StartGuard(directory);
    }

    /// <summary>The server that all specs share, each with a database of its own. Skips the spec where there can be none.</summary>
    public static Task<PostgresServer> Shared
    {
        get
        {
            SkipWithoutBinaries();
            return OfThisProcess.Value;
        }
    }

    public int Port => _port;

    /// <summary>Its backends are below it.</summary>
    public int ProcessId => _process!.Id;

    private string Data => Path.Combine(_directory, "data");

    /// <summary>A server for one spec that changes or harms it.</summary>
    /// <param name="settings">Such as <c>fsync=off</c>. Durability is on unless switched off here.</param>
    public static Task<PostgresServer> StartNewAsync(params string[] settings) => StartNewAsync(new PostgresServerPlan { Settings = settings });

    /// <summary>A server for one spec that changes or harms it.</summary>
    public static async Task<PostgresServer> StartNewAsync(PostgresServerPlan plan)
    {
        SkipWithoutBinaries();
        var server = new PostgresServer(Directory.CreateTempSubdirectory("kvstore-pg-").FullName, plan);
        try
        {
            if (PostgresBinaries.User is { } user)
            {
                await PostgresBinaries.RunAsync(new ProcessStartInfo("chown", [user, server._directory]));
            }

            await PostgresBinaries.RunAsync(PostgresBinaries.Command(
                "initdb", "--pgdata", server.Data, "--username=kvstore", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"));
            if (plan.Network is { } network)
            {
                await File.AppendAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), $"host all all {network} trust\n");
            }

            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string options = "")
    {
        var name = $"kv_{Guid.NewGuid():N}";
        await ExecuteAsync(ConnectionString("postgres"), $"create database {name} {options}");
        return ConnectionString(name);
    }

    public string ConnectionString(string database) => ConnectionString(database, new IPEndPoint(IPAddress.Loopback, _port));

    /// <summary>For those who come by another way, such as through a proxy.</summary>
    public static string ConnectionString(string database, IPEndPoint server) =>
        $"Host={server.Address};Port={server.Port.ToString(CultureInfo.InvariantCulture)};Username=kvstore;Database={database};SSL Mode=Disable;Gss Encryption Mode=Disable";

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<T> QueryAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Starts it, again on its port where it has been running before.</summary>
    public async Task StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            // Somebody else may take a free port before the server does; then it ends, and another port is tried.
            var port = _port == 0 ? FreePort() : _port;
            if (await TryStartAsync(port))
            {
                _port = port;
                return;
            }

            if (attempt == MaxStarts)
            {
                throw new InvalidOperationException($"PostgreSQL does not start: {_log.Tail()}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _guard.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        await _guard.WaitForExitAsync(patience.Token);
        _guard.Dispose();
        _process?.Dispose();
    }

    private static void SkipWithoutBinaries()
    {
        if (PostgresBinaries.Directory is null)
        {
            Requirements.Skip("no PostgreSQL of version 15 or newer is installed (initdb and postgres in /usr/lib/postgresql/*/bin or PATH).");
        }
    }

    /// <summary>The pipe to its standard input is closed with this process's end, whatever ends it.</summary>
    private static Process StartGuard(string directory) => Process.Start(new ProcessStartInfo(
        "/bin/sh",
        [
            "-c",
            """
            trap '' INT TERM HUP
            cat > /dev/null
            pid=$(head -n 1 "$0/data/postmaster.pid" 2> /dev/null)
            if [ -n "$pid" ]; then
                kill -QUIT "$pid" 2> /dev/null
                # It may stand still, with all of its processes.
                for child in $pid $(cat "/proc/$pid/task/$pid/children" 2> /dev/null); do kill -CONT "$child" 2> /dev/null; done
                tries=0
                while kill -0 "$pid" 2> /dev/null && [ "$tries" -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
            fi
            rm -rf -- "$0"
            """,
            directory,
        ])
    {
        RedirectStandardInput = true,
    })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> TryStartAsync(int port)
    {
        string[] settings =
        [
            $"listen_addresses={string.Join(',', (string[])["127.0.0.1", .. _plan.Addresses])}", $"port={port}", $"unix_socket_directories={_directory}", "max_connections=300", "shared_buffers=64MB",
            .. _plan.Settings,
        ];
        string[] arguments = ["-D", Data, .. settings.SelectMany(setting => new[] { "-c", setting })];

        // Set by the user that the server runs as, not by root before: what is loaded into it may keep things of its user's.
        var command = _plan.Environment.IsEmpty
            ? PostgresBinaries.Command("postgres", arguments)
            : PostgresBinaries.Command(
                "/usr/bin/env",
                [.. _plan.Environment.Select(variable => $"{variable.Key}={variable.Value}"), Path.Combine(PostgresBinaries.Directory!, "postgres"), .. arguments]);
        command.RedirectStandardError = true;
        command.RedirectStandardOutput = true;
        var before = await ReadStateAsync();
        _process = Process.Start(command)!;
        _process.ErrorDataReceived += (_, line) => _log.Add(line.Data);
        _process.OutputDataReceived += (_, line) => _log.Add(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        var start = Stopwatch.StartNew();
        while (!_process.HasExited && start.Elapsed < Patience)
        {
            // A server that was killed has left its own behind.
            if (await ReadStateAsync() is { Length: >= 8 } state && state[7].Trim() == "ready" && !state.SequenceEqual(before))
            {
                return true;
            }

            await Task.Delay(50);
        }

        return false;
    }

    /// <summary>The server's own file about itself, since what answers on the port might be somebody else's. Empty: there is none.</summary>
    private async Task<string[]> ReadStateAsync()
    {
        try
        {
            return await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"));
        }
        catch (IOException)
        {
            return [];
        }
    }
}
