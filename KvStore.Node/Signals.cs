using System.Runtime.InteropServices;

namespace KvStore.Node;

/// <summary>
/// SIGTERM and SIGINT. Once the node runs the host sees to the first: the node drains, hands its shards over and leaves, which
/// takes as long as its peers and its database take. Who sends another one later does not want to wait for that: it ends the
/// process at once, with 128 and the signal's number as a shell does. Nothing is lost by it: what was acknowledged is in the
/// store, and the other nodes take the shards once the lease has run out.
/// <para>
/// While the node still starts there is no host to see to it, and the kernel keeps the signals' own effect from the first process
/// of a container: so the start is broken off.
/// </para>
/// </summary>
internal sealed class Signals : IDisposable
{
    /// <summary>One request may come as two signals: to the process, and to its group.</summary>
    private static readonly TimeSpan OneRequest = TimeSpan.FromSeconds(1);

    private readonly PosixSignalRegistration[] _registrations;
    private readonly CancellationTokenSource _starting = new();
    private readonly Lock _lock = new();
    private long? _first;
    private bool _isRunning;

    public Signals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Cancelled by a signal that comes while the node starts.</summary>
    public CancellationToken Starting => _starting.Token;

    /// <summary>From now on the host sees to the first signal.</summary>
    public void Running()
    {
        lock (_lock)
        {
            _isRunning = true;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _starting.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (_first is not { } first)
            {
                _first = TimeProvider.System.GetTimestamp();
                if (!_isRunning)
                {
                    _starting.Cancel();
                }

                return;
            }

            if (TimeProvider.System.GetElapsedTime(first) < OneRequest)
            {
                return;
            }
        }

        Console.Error.WriteLine("KvStore ends at once, at the second signal. Its shards are free when its lease has run out.");
        Environment.Exit(128 + (context.Signal == PosixSignal.SIGTERM ? 15 : 2));
    }
}
