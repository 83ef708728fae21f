using Akka.Actor;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>A request that was sent and waits for its answer. The first end counts: an answer, or one by <see cref="ReplyWaits"/>.</summary>
internal sealed class ReplyWait : TaskCompletionSource<AttemptAnswer>
{
    private readonly ReplyWaits _waits;
    private readonly CancellationToken _aborted;

    // Not in the turn of who answers: it would write one caller's answer while the others wait for theirs.
    public ReplyWait(ReplyWaits waits, IKeyMessage message, IActorRef? owner, HolderWatch holder, long until, CancellationToken aborted)
        : base(TaskCreationOptions.RunContinuationsAsynchronously) =>
        (_waits, Message, Owner, Holder, Until, _aborted) = (waits, message, owner, holder, until, aborted);

    public IKeyMessage Message { get; }

    /// <summary>The key's actor on this node, if that was asked.</summary>
    public IActorRef? Owner { get; }

    public HolderWatch Holder { get; }

    /// <summary>On the clock of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long Until { get; }

    /// <summary>Whether <see cref="Owner"/> had stopped when it was looked at last.</summary>
    public bool HasOwnerStopped { get; set; }

    internal ReplyWait? Previous { get; set; }

    internal ReplyWait? Next { get; set; }

    public void End(AttemptAnswer answer) => RemoveIf(TrySetResult(answer));

    public void Fail(Exception fault) => RemoveIf(TrySetException(fault));

    /// <summary>Ends as canceled where the caller went away.</summary>
    public bool EndIfAborted()
    {
        if (!_aborted.IsCancellationRequested)
        {
            return false;
        }

        RemoveIf(TrySetCanceled(_aborted));
        return true;
    }

    private void RemoveIf(bool hasEnded)
    {
        if (hasEnded)
        {
            _waits.Remove(this);
        }
    }
}
