using Akka.Actor;
using KvStore.Messages.Keys;

namespace KvStore.Node.Keys;

/// <summary>What the store holds of a key, as of its load or last commit.</summary>
/// <param name="Epoch">The epoch that the shard was held with when the load was sent. An answer is good only while that very epoch is held.</param>
public sealed record Committed(KeyVersion StoredVersion, JsonText? Value, long Epoch) : KeyState(StoredVersion, Value);

/// <summary>
/// The one committed cell of a live key on this node. Its actor replaces <see cref="Committed"/> before anybody learns of a
/// commit, and takes the cell away whenever it stops, crashes included.
/// </summary>
public sealed class KeyCell(Key key, int shard, IActorRef actor)
{
    private volatile Committed? _committed;
    private long _lastUsed = Environment.TickCount64;
    private volatile bool _hasWaiting;
    private volatile bool _isLeaving;

    public Key Key { get; } = key;

    public int Shard { get; } = shard;

    public IActorRef Actor { get; } = actor;

    /// <summary>Null until the load is done.</summary>
    public Committed? Committed
    {
        get => _committed;
        set => _committed = value;
    }

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
    /// What its actor has under way; nobody else looks. It lies here as a write changes the cell anyway: a collection of the young
    /// looks through the surroundings of every old object that was given a new one.
    /// </summary>
    internal PendingWrites? Writes { get; set; }

    public void Touch() => Volatile.Write(ref _lastUsed, Environment.TickCount64);
}
