using System.Diagnostics;
using KvStore.Specs.Support;

namespace KvStore.Bench.Support;

/// <summary>A server that is measured, in a process of its own. It ends by its process id, at the latest with this process.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;
    private readonly NodeProcessLog _log = new();

    private ServerProcess(string name, ProcessStartInfo start)
    {
        Name = name;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _log.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => _log.Add(line.Data);
        StartedAt = Stopwatch.GetTimestamp();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillWithThisProcess;
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>A timestamp of <see cref="Stopwatch"/>.</summary>
    public long StartedAt { get; }

    public static ServerProcess Start(string name, ProcessStartInfo start) => new(name, start);

    /// <summary>Waits until a GET of the address is answered 2xx.</summary>
    /// <returns>The time since the start of the process.</returns>
    /// <exception cref="BenchException">The process ended instead, or the time is over; the message holds the end of its log.</exception>
    public async Task<TimeSpan> BecomesReadyAsync(HttpClient http, Uri address, CancellationToken cancel)
    {
        while (Stopwatch.GetElapsedTime(StartedAt) < Patience)
        {
            if (HasExited)
            {
                break;
            }

            if (await Answers.IsOkAsync(http, address, cancel))
            {
                return Stopwatch.GetElapsedTime(StartedAt);
            }

            await Task.Delay(PollInterval, cancel);
        }

        throw new BenchException($"{Name} {(HasExited ? $"ended with {_process.ExitCode}" : "was not ready in time")}:\n{LogTail()}");
    }

    public string LogTail() => _log.Tail(40);

    /// <summary>SIGTERM, and SIGKILL where that does not help.</summary>
    public async Task TerminateAsync()
    {
        Signal(NodeProcessSignals.Terminate);
        using var patience = new CancellationTokenSource(Patience / 2);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    public async Task KillAsync()
    {
        Signal(NodeProcessSignals.Kill);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        AppDomain.CurrentDomain.ProcessExit -= KillWithThisProcess;
        _process.Dispose();
    }

    private void KillWithThisProcess(object? sender, EventArgs e) => Signal(NodeProcessSignals.Kill);

    /// <summary>The number of a process that nobody has waited for belongs to no other.</summary>
    private void Signal(int signal)
    {
        if (!_process.HasExited)
        {
            NodeProcessSignals.Send(_process.Id, signal);
        }
    }
}
