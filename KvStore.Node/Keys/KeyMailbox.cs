using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace KvStore.Node.Keys;

/// <summary>
/// The mailbox of key actors, small while it is empty, as nearly all of them are. Akka's stands on <c>ConcurrentQueue</c>, whose
/// first segment alone takes 1.1 KiB, as much as all the rest of a live key.
/// </summary>
public sealed class KeyMailbox(Settings settings, Akka.Configuration.Config config) : MailboxType(settings, config), IProducesMessageQueue<KeyMessageQueue>
{
    /// <summary>Where Akka's configuration names it.</summary>
    public const string Id = "kvstore-key-mailbox";

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new KeyMessageQueue();
}

/// <summary>
/// A linked list that many append to and one takes from, without locks: Dmitry Vyukov's non-intrusive MPSC queue (1024cores.net).
/// A message whose sender was stopped in the middle of <see cref="Enqueue"/> hides those behind it until that goes on; then it
/// looks at the mailbox, as every sender does, and sees to it that somebody takes them all.
/// </summary>
public sealed class KeyMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private Node _last;
    private Node _taken;

    public KeyMessageQueue() => _last = _taken = new Node(default);

    public bool HasMessages => Volatile.Read(ref Volatile.Read(ref _taken).Next) is not null;

    public int Count
    {
        get
        {
            var count = 0;
            for (var node = Volatile.Read(ref Volatile.Read(ref _taken).Next); node is not null; node = Volatile.Read(ref node.Next))
            {
                count++;
            }

            return count;
        }
    }

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        var node = new Node(envelope);
        // A full fence at the end too: the sender looks next whether the mailbox is scheduled, and must not do so before the reader,
        // which may just be going idle, can see the message. Else nobody would take it.
        Interlocked.Exchange(ref Interlocked.Exchange(ref _last, node).Next, node);
    }

    public bool TryDequeue(out Envelope envelope)
    {
        if (Volatile.Read(ref _taken.Next) is not { } next)
        {
            envelope = default;
            return false;
        }

        envelope = next.Envelope;
        // It stays as the end of the list, and must not keep what it held.
        next.Envelope = default;
        Volatile.Write(ref _taken, next);
        return true;
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        ArgumentNullException.ThrowIfNull(deadletters);
        var pause = default(SpinWait);
        while (!ReferenceEquals(_taken, Volatile.Read(ref _last)))
        {
            if (TryDequeue(out var envelope))
            {
                deadletters.Enqueue(owner, envelope);
            }
            else
            {
                // Nobody looks in here again, so who is in the middle of it is waited for, for the sake of those behind.
                pause.SpinOnce();
            }
        }
    }

    private sealed class Node(Envelope envelope)
    {
        public Node? Next;

        public Envelope Envelope = envelope;
    }
}
