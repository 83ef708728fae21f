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
/// A linked list that many append to and one takes from, without locks, after Dmitry Vyukov's intrusive MPSC queue (1024cores.net),
/// but with nothing at all in it while it is empty: a node that stayed as the end of the list would be one young object for each old
/// queue, which a collection of the young has to move for each key that is written.
/// <para>
/// A message whose sender was stopped in the middle of <see cref="Enqueue"/> hides those behind it, and the one before it, until that
/// goes on; then it looks at the mailbox, as every sender does, and sees to it that somebody takes them all.
/// </para>
/// </summary>
public sealed class KeyMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private Node? _first;
    private Node? _last;

    public bool HasMessages => Volatile.Read(ref _first) is not null;

    public int Count
    {
        get
        {
            var count = 0;
            for (var node = Volatile.Read(ref _first); node is not null; node = Volatile.Read(ref node.Next))
            {
                count++;
            }

            return count;
        }
    }

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        var node = new Node(envelope);
        var before = Interlocked.Exchange(ref _last, node);
        // A full fence at the end too: the sender looks next whether the mailbox is scheduled, and must not do so before the reader,
        // which may just be going idle, can see the message. Else nobody would take it.
        Interlocked.Exchange(ref before is null ? ref _first : ref before.Next, node);
    }

    public bool TryDequeue(out Envelope envelope)
    {
        envelope = default;
        if (_first is not { } first)
        {
            return false;
        }

        if (Volatile.Read(ref first.Next) is { } next)
        {
            Volatile.Write(ref _first, next);
            // One that has grown old in here must not keep those behind it.
            first.Next = null;
        }
        else
        {
            // Before it is no longer the last: who finds the list empty sets the first.
            Volatile.Write(ref _first, null);
            if (Interlocked.CompareExchange(ref _last, null, first) != first)
            {
                // Somebody is in the middle of appending to it; nobody else touches the first then.
                Volatile.Write(ref _first, first);
                return false;
            }
        }

        envelope = first.Envelope;
        return true;
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        ArgumentNullException.ThrowIfNull(deadletters);
        var pause = default(SpinWait);
        while (Volatile.Read(ref _last) is not null)
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
        public readonly Envelope Envelope = envelope;

        public Node? Next;
    }
}
