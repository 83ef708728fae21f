using System.Diagnostics;
using System.Net;

namespace KvStore.Specs.Support;

/// <summary>
/// One node as it is in production: the built program, in a process of its own, told everything by its environment. It can
/// be killed, stopped and continued, and started again under the same settings.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);

    /// <summary>A process that got SIGKILL is gone at once, unless the kernel writes for it.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(20);

    private readonly SocketsHttpHandler _handler;
    private Process _process;
    private NodeProcessLog _log;

    private NodeProcess(NodeProcessSettings settings)
    {
        Settings = settings;

        // No proxy of the environment may stand between the specs and their nodes, and no redirect may hide an answer.
        _handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        Http = new HttpClient(_handler) { BaseAddress = settings.Address, Timeout = TimeSpan.FromSeconds(60) };
        _log = new NodeProcessLog(settings.LogFile);
        _process = Launch();
    }

    public NodeProcessSettings Settings { get; }

    public string Name => Settings.Name;

    /// <summary>Of the process that runs now, or of the last one that did.</summary>
    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Talks to this node only. Requests end after 60 s.</summary>
    public HttpClient Http { get; }

    /// <summary>What the process that runs now, or the last one that did, wrote to its two outputs.</summary>
    public NodeProcessLog Log => _log;

    /// <summary>Starts the program, and does not wait for anything.</summary>
    public static NodeProcess Start(NodeProcessSettings settings) => new(settings);

    /// <summary>Waits until the node says that it is ready.</summary>
    /// <exception cref="NodeExitedException">The process ended instead; the message holds its log.</exception>
    /// <exception cref="TimeoutException">It is not ready in time; the message holds its log.</exception>
    public Task BecomesReadyAsync(TimeSpan? within = null) => Eventually.HoldsAsync(
        $"{Name} ({Settings.Address}) is ready",
        within ?? DefaultPatience,
        async cancel =>
        {
            ThrowIfExited();
            return await GetStatusAsync("/healthz/ready", cancel) == HttpStatusCode.OK;
        },
        () => _log.Tail());

    /// <summary>The status of a GET, or null where nobody answers within 2 s.</summary>
    public async Task<HttpStatusCode?> GetStatusAsync(string path, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var response = await Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return response.StatusCode;
        }
        catch (Exception fault) when (BrokenConnection.Is(fault))
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>SIGKILL: the process gets no chance to say good-bye.</summary>
    public async Task KillAsync()
    {
        Signal(NodeProcessSignals.Kill);
        await ExitsAsync(KillPatience);
    }

    /// <summary>SIGTERM, as an orchestrator sends it. Waits for the exit.</summary>
    /// <exception cref="TimeoutException">The process still runs; the message holds its log.</exception>
    public async Task<int> TerminateAsync(TimeSpan? within = null)
    {
        Signal(NodeProcessSignals.Terminate);
        await ExitsAsync(within ?? DefaultPatience);
        return ExitCode;
    }

    /// <summary>SIGSTOP: the process stands still, its connections stay open.</summary>
    public void Stop() => Signal(NodeProcessSignals.Stop);

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public void Continue() => Signal(NodeProcessSignals.Continue);

    /// <summary>One of <see cref="NodeProcessSignals"/>; nothing where the process has ended.</summary>
    public void Signal(int signal)
    {
        // The number of a process that has ended may belong to another by now. Until somebody has waited for it, it does not:
        // the runtime waits for its children, and knows then that it has exited.
        if (!_process.HasExited)
        {
            NodeProcessSignals.Send(_process.Id, signal);
        }
    }

    /// <summary>Starts the program again, with the same name, ports and store. The former process must have ended.</summary>
    public void Restart()
    {
        if (!HasExited)
        {
            throw new InvalidOperationException($"{Name} still runs as process {ProcessId}");
        }

        // The former one is not disposed: others may still look at it. It holds nothing any more.
        _log = new NodeProcessLog(Settings.LogFile);
        _process = Launch();
    }

    /// <summary>Of a process that has ended.</summary>
    public string LastLines()
    {
        // They may still be in the pipe; without a time-out this waits for their end.
        _process.WaitForExit();
        return _log.Tail();
    }

    public async Task ExitsAsync(TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{Name} (process {ProcessId}) still runs after {within.TotalSeconds} s.\n{_log.Tail()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await KillAsync();
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= KillWithThisProcess;
            _process.Dispose();
            Http.Dispose();
            _handler.Dispose();
        }
    }

    private Process Launch()
    {
        var program = Settings.Program ?? RepositoryRoot.OutputOf("KvStore.Node");
        string[] command = [.. Settings.RunBy, System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", program];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = Path.GetDirectoryName(program)!,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // Settings of whoever runs the specs are not for the node.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray())
        {
            start.Environment.Remove(name);
        }

        // Nodes of the specs live for seconds or minutes. To compile them with profiles, and into memory that is mapped twice, takes more
        // of two cores than their own work: five of them start in half the time without. A build that is named runs as it would elsewhere.
        if (Settings.Program is null)
        {
            start.Environment["DOTNET_TieredPGO"] = "0";
            start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        }

        foreach (var (name, value) in Settings.Environment())
        {
            start.Environment[name] = value;
        }

        Settings.LogFile?.Add($"--- {Name} is started");
        var process = new Process { StartInfo = start };
        var log = _log;
        process.OutputDataReceived += (_, line) => log.Add(line.Data);
        process.ErrorDataReceived += (_, line) => log.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit -= KillWithThisProcess;
        AppDomain.CurrentDomain.ProcessExit += KillWithThisProcess;
        return process;
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("KvStore__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase)
        || name.Equals("DOTNET_RUNNING_IN_CONTAINER", StringComparison.OrdinalIgnoreCase);

    /// <summary>A run that is broken off must not leave nodes behind.</summary>
    private void KillWithThisProcess(object? sender, EventArgs e) => Signal(NodeProcessSignals.Kill);

    private void ThrowIfExited()
    {
        if (!HasExited)
        {
            return;
        }

        var said = LastLines();
        // "Already" where the port was lost between the node's own look at it and its use.
        var portWasTaken = _log.Contains("the port is in use") || _log.Contains("address already in use");
        throw new NodeExitedException($"{Name} exited with code {ExitCode} before it was ready.\n{said}", portWasTaken);
    }
}

/// <param name="portWasTaken">It ended because somebody else listens on one of its ports.</param>
internal sealed class NodeExitedException(string message, bool portWasTaken) : Exception(message)
{
    public bool PortWasTaken => portWasTaken;
}
