using KvStore.Specs.Robustness.History;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// One node of a stage. Several faults may harm it at once: it is down or stands still for as long as one of them wants it to.
/// </summary>
/// <param name="host">Its name in the stage's network, or null where it is on the loopback.</param>
/// <param name="clock">Its wall clock, or null where that is the machine's.</param>
internal sealed class StageNode(NodeProcess process, string? host, FakeClock? clock, RunHistory history) : IAsyncDisposable
{
    private readonly Lock _sync = new();
    private int _heldDown;
    private int _paused;
    private bool _isDisposed;

    public string Name => Process.Name;

    public NodeProcess Process => process;

    /// <summary>Where clients ask it.</summary>
    public Uri Address => process.Settings.Address;

    public string? Host => host;

    public FakeClock? Clock => clock;

    /// <summary>How often it has been started, the first time included.</summary>
    public int Incarnations { get; private set; } = 1;

    /// <summary>Whether some fault holds it down or lets it stand still.</summary>
    public bool IsHarmed
    {
        get
        {
            lock (_sync)
            {
                return _heldDown > 0 || _paused > 0;
            }
        }
    }

    /// <summary>Nobody restarts it until the answer is disposed; then it runs again.</summary>
    public IDisposable HoldDown()
    {
        lock (_sync)
        {
            _heldDown++;
        }

        return new Undo(() =>
        {
            lock (_sync)
            {
                _heldDown--;
            }

            TryRestart();
        });
    }

    /// <summary>It stands still until the answer is disposed.</summary>
    public IDisposable Pause()
    {
        lock (_sync)
        {
            _paused++;
            process.Stop();
        }

        return new Undo(() =>
        {
            lock (_sync)
            {
                if (--_paused == 0)
                {
                    process.Continue();
                }
            }
        });
    }

    /// <summary>Starts it again where it has ended and nobody holds it down.</summary>
    public bool TryRestart()
    {
        lock (_sync)
        {
            if (_isDisposed || _heldDown > 0 || !process.HasExited)
            {
                return false;
            }

            var code = process.ExitCode;
            process.Restart();
            Incarnations++;
            history.Note($"{Name}, which ended with {code}, is started again as process {process.ProcessId}");
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_sync)
        {
            _isDisposed = true;
        }

        await process.DisposeAsync();
        process.Settings.LogFile?.Dispose();
    }
}
