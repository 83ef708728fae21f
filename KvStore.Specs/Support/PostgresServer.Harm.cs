using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace KvStore.Specs.Support;

/// <content>What is done to a running server.</content>
internal sealed partial class PostgresServer
{
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>An orderly stop that does not wait for clients.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>An end without any tidying up: the next start recovers from the log.</summary>
    public Task KillAsync() => EndAsync("QUIT");

    /// <summary>SIGKILL of the server and all of its backends: not even they can do anything about it.</summary>
    public async Task KillEveryProcessAsync()
    {
        // One that stands still neither makes new children nor mends the loss of one.
        var server = ReadProcessId();
        NodeProcessSignals.Send(server, NodeProcessSignals.Stop);
        SignalChildren(server, NodeProcessSignals.Kill);
        NodeProcessSignals.Send(server, NodeProcessSignals.Kill);
        await ExitsAsync();
    }

    /// <summary>SIGSTOP of the server and all of its backends: connections stay open, and nobody answers.</summary>
    public void Pause()
    {
        var server = ReadProcessId();
        NodeProcessSignals.Send(server, NodeProcessSignals.Stop);
        SignalChildren(server, NodeProcessSignals.Stop);
    }

    /// <summary>SIGCONT: all go on as if nothing had been.</summary>
    public void Continue()
    {
        var server = ReadProcessId();
        SignalChildren(server, NodeProcessSignals.Continue);
        NodeProcessSignals.Send(server, NodeProcessSignals.Continue);
    }

    /// <summary>Sends a signal to a process of the server's, such as a backend.</summary>
    public static Task SignalAsync(int pid, string signal) => PostgresBinaries.RunAsync(new ProcessStartInfo("kill", [$"-{signal}", $"{pid}"]));

    private static void SignalChildren(int server, int signal)
    {
        var children = File.ReadAllText($"/proc/{server}/task/{server}/children");
        foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            NodeProcessSignals.Send(int.Parse(child, CultureInfo.InvariantCulture), signal);
        }
    }

    private int ReadProcessId() =>
        int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private async Task EndAsync(string signal)
    {
        await SignalAsync(ReadProcessId(), signal);
        await ExitsAsync();
    }

    private async Task ExitsAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _process = null;
        NpgsqlConnection.ClearAllPools();
    }
}
