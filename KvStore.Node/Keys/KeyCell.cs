using Akka.Actor;
using KvStore.Messages.Keys;

namespace KvStore.Node.Keys;

/// <summary>
/// The one committed cell of a live key on this node. Its actor writes down each commit before anybody learns of it, and takes
/// the cell away whenever it stops, crashes included.
/// </summary>
public sealed class KeyCell(Key key, int shard, IActorRef actor)
{
    // Not readonly: a write would change a copy of it.
    private CommittedSlot _committed;
    private long _lastUsed = Environment.TickCount64;
    private volatile bool _hasWaiting;
    private volatile bool _isLeaving;

    public Key Key { get; } = key;

    public int Shard { get; } = shard;

    public IActorRef Actor { get; } = actor;

    /// <summary>Milliseconds on the clock of <see cref="Environment.TickCount64"/>.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Requests wait in the actor, so that their deadlines want watching. Set by <see cref="LiveKeys.SetWaiting"/>.</summary>
    public bool HasWaiting
    {
        get => _hasWaiting;
        internal set => _hasWaiting = value;
    }

    /// <summary>Its actor is about to stop: what is not under way to it yet goes by the shard, which keeps it for the next one.</summary>
    public bool IsLeaving
    {
        get => _isLeaving;
        set => _isLeaving = value;
    }

    /// <summary>
    /// What is committed. False until the load is done, and for any other than its actor also while that writes down the next commit: who
    /// gets nothing asks the actor.
    /// </summary>
    public bool TryRead(out Committed committed) => _committed.TryRead(out committed);

    /// <summary>For its actor.</summary>
    /// <exception cref="InvalidOperationException">The load is not done.</exception>
    internal KeyState State => _committed.State;

    /// <inheritdoc cref="State"/>
    internal long Epoch => _committed.Epoch;

    /// <inheritdoc cref="State"/>
    internal KeyVersion StoredVersion => _committed.StoredVersion;

    /// <summary>Only its actor says so.</summary>
    internal void Commit(in Committed committed) => _committed.Write(committed);

    /// <summary>What was committed is void. Only its actor says so.</summary>
    internal void Forget() => _committed.Clear();

    public void Touch() => Volatile.Write(ref _lastUsed, Environment.TickCount64);
}
