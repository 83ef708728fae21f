using Akka.Actor;

namespace KvStore.Node.Storage;

/// <summary>A row on its way through the writer.</summary>
/// <param name="owner">Gets one <see cref="RowDone"/>.</param>
public sealed class PendingRow(RowWrite write, IActorRef owner)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RowWrite Write { get; } = write;

    public int Bytes => Write.Value?.Length ?? 0;

    /// <summary>Completes when nothing of this row is under way any more, whatever became of it.</summary>
    public Task Done => _done.Task;

    internal void Complete(RowFate fate, Exception? cause)
    {
        _done.TrySetResult();
        owner.Tell(new RowDone(this, fate, cause), ActorRefs.NoSender);
    }
}

/// <summary>What became of a row, told to its key actor.</summary>
public sealed record RowDone(PendingRow Row, RowFate Fate, Exception? Cause) : INoSerializationVerificationNeeded;

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
