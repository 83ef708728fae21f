using System.Collections.Concurrent;
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
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> OfThisProcess = new(() => StartNewAsync());
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly string[] _settings;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _guard;
    private Process? _process;
    private int _port;

    private PostgresServer(string directory, string[] settings)
    {
        _directory = directory;
        _settings = settings;
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

    private string Data => Path.Combine(_directory, "data");

    /// <summary>A server for one spec that changes or harms it.</summary>
    /// <param name="settings">Such as <c>fsync=off</c>. Durability is on unless switched off here.</param>
    public static async Task<PostgresServer> StartNewAsync(params string[] settings)
    {
        SkipWithoutBinaries();
        var server = new PostgresServer(Directory.CreateTempSubdirectory("kvstore-pg-").FullName, settings);
        try
        {
            if (PostgresBinaries.User is { } user)
            {
                await PostgresBinaries.RunAsync(new ProcessStartInfo("chown", [user, server._directory]));
            }

            await PostgresBinaries.RunAsync(PostgresBinaries.Command(
                "initdb", "--pgdata", server.Data, "--username=kvstore", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"));
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

    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={_port.ToString(CultureInfo.InvariantCulture)};Username=kvstore;Database={database};SSL Mode=Disable;Gss Encryption Mode=Disable";

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

            Assert.True(attempt < 10, $"PostgreSQL does not start: {string.Join('\n', _output)}");
        }
    }

    /// <summary>An orderly stop that does not wait for clients.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>An end without any tidying up: the next start recovers from the log.</summary>
    public Task KillAsync() => EndAsync("QUIT");

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _guard.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        await _guard.WaitForExitAsync(patience.Token);
        _guard.Dispose();
        _process?.Dispose();
    }

    /// <summary>Sends a signal to a process of the server's, such as a backend.</summary>
    public static Task SignalAsync(int pid, string signal) => PostgresBinaries.RunAsync(new ProcessStartInfo("kill", [$"-{signal}", $"{pid}"]));

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
            cat > /dev/null
            pid=$(head -n 1 "$0/data/postmaster.pid" 2> /dev/null)
            if [ -n "$pid" ]; then
                kill -QUIT "$pid" 2> /dev/null
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
            "listen_addresses=127.0.0.1", $"port={port}", $"unix_socket_directories={_directory}", "max_connections=300", "shared_buffers=64MB",
            .. _settings,
        ];
        var command = PostgresBinaries.Command("postgres", ["-D", Data, .. settings.SelectMany(setting => new[] { "-c", setting })]);
        command.RedirectStandardError = true;
        command.RedirectStandardOutput = true;
        _process = Process.Start(command)!;
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        var start = Stopwatch.StartNew();
        while (!_process.HasExited && start.Elapsed < Patience)
        {
            if (await IsReadyAsync())
            {
                return true;
            }

            await Task.Delay(50);
        }

        return false;
    }

    /// <summary>By the server's own file, since what answers on the port might be somebody else's.</summary>
    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"))) is { Length: >= 8 } lines && lines[7].Trim() == "ready";
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task EndAsync(string signal)
    {
        var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0], CultureInfo.InvariantCulture);
        await SignalAsync(pid, signal);
        using var patience = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _process = null;
        NpgsqlConnection.ClearAllPools();
    }
}
