using System.Runtime.InteropServices;

namespace KvStore.Node;

/// <summary>
/// The first SIGTERM or SIGINT lets a node drain, hand its shards over and leave, which takes as long as its peers and its
/// database take. Who sends a second one does not want to wait for that: it ends the process at once, with 128 and the signal's
/// number as the shell does. Nothing is lost by it: what was acknowledged is in the store, and the other nodes take the shards
/// once the lease has run out.
/// </summary>
internal sealed class SecondSignal : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public SecondSignal() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _signals) < 2)
        {
            // The host sees to it; before there is one the process simply ends.
            return;
        }

        Console.Error.WriteLine("KvStore ends at once, at the second signal. Its shards are free when its lease has run out.");
        Environment.Exit(128 + (context.Signal == PosixSignal.SIGTERM ? 15 : 2));
    }
}
