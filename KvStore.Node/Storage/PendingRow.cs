using Akka.Actor;

namespace KvStore.Node.Storage;

/// <summary>A row on its way through the writer, which tells its fate to its owner.</summary>
/// <param name="owner">Gets <see cref="RowDone"/> once, when the fate is known.</param>
public sealed class PendingRow(RowWrite write, IActorRef owner)
{
    private readonly RowWrite _write = write;
    private TaskCompletionSource? _done;
    private int _isDone;

    public ref readonly RowWrite Write => ref _write;

    public int Bytes => _write.Value?.Length ?? 0;

    /// <summary>Counts once <see cref="IsDone"/>.</summary>
    public RowFate Fate { get; private set; }

    /// <summary>Why it was not applied, where there is a reason.</summary>
    public Exception? Cause { get; private set; }

    public bool IsDone => Volatile.Read(ref _isDone) != 0;

    /// <summary>Completes when nothing of this row is under way any more, whatever became of it. Hardly ever asked for.</summary>
    public Task WhenDone()
    {
        var done = Volatile.Read(ref _done)
            ?? Interlocked.CompareExchange(ref _done, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null)
            ?? _done;
        // The exchange is a fence, and so is the one of Complete: one of the two sees what the other did.
        if (IsDone)
        {
            done.TrySetResult();
        }

        return done.Task;
    }

    internal void Complete(RowFate fate, Exception? cause)
    {
        (Fate, Cause) = (fate, cause);
        Interlocked.Exchange(ref _isDone, 1);
        Volatile.Read(ref _done)?.TrySetResult();
        owner.Tell(RowDone.Instance, ActorRefs.NoSender);
    }
}

/// <summary>
/// The fate of one of the hearer's rows is known. It does not say of which: an actor's cell keeps the message that came last, and would
/// keep the row of each live key that was ever written.
/// </summary>
public sealed record RowDone : INoSerializationVerificationNeeded
{
    public static readonly RowDone Instance = new();
}

public enum RowFate
{
    /// <summary>Committed and synced.</summary>
    Applied,

    /// <summary>Not written and never will be; what the actor remembers is not what the store holds, or the shard is lost.</summary>
    Superseded,

    /// <summary>Not written and never will be; the store refused the row, or was not there.</summary>
    Rejected,

    /// <summary>The outcome was unknown and stays so.</summary>
    Unknown,
}
