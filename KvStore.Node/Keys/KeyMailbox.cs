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
/// A message whose sender was stopped in the middle of <see cref="Enqueue"/> hides those behind it until that goes on; Akka looks
/// into the mailbox again at the end of each.
/// </summary>
public sealed class KeyMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private Node _last;
    private Node _taken;

    public KeyMessageQueue() => _last = _taken = new Node(default);

    /// <summary>Also asked by senders; they append before they ask, and so miss nothing of their own.</summary>
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
        Volatile.Write(ref Interlocked.Exchange(ref _last, node).Next, node);
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
        while (TryDequeue(out var envelope))
        {
            deadletters.Enqueue(owner, envelope);
        }
    }

    private sealed class Node(Envelope envelope)
    {
        public Node? Next;

        public Envelope Envelope = envelope;
    }
}
