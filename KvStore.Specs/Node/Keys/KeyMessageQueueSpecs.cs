using Akka.Actor;
using Akka.Dispatch.MessageQueues;
using KvStore.Node.Keys;

namespace KvStore.Specs.Node.Keys;

public sealed class KeyMessageQueueSpecs
{
    private readonly KeyMessageQueue _queue = new();

    [Fact]
    public void What_came_first_goes_first()
    {
        Assert.False(_queue.HasMessages);
        Assert.False(_queue.TryDequeue(out _));
        foreach (var number in Enumerable.Range(0, 5))
        {
            Enqueue(number);
            Assert.True(_queue.HasMessages);
            Assert.Equal(number + 1, _queue.Count);
        }

        Assert.Equal([0, 1, 2, 3, 4], Enumerable.Range(0, 5).Select(_ => Dequeue()));
        Assert.False(_queue.HasMessages);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task Of_many_senders_each_keeps_its_order_and_nothing_is_lost()
    {
        const int Senders = 4;
        const int Messages = 50_000;
        var sending = Enumerable.Range(0, Senders).Select(sender => Task.Run(() =>
        {
            for (var number = 0; number < Messages; number++)
            {
                Enqueue((sender, number));
            }
        })).ToList();

        var next = new int[Senders];
        for (var taken = 0; taken < Senders * Messages;)
        {
            if (_queue.TryDequeue(out var envelope))
            {
                var (sender, number) = ((int, int))envelope.Message;
                Assert.Equal(next[sender]++, number);
                taken++;
            }
            else if (sending.All(task => task.IsCompleted))
            {
                Assert.True(_queue.HasMessages, $"{taken} came");
            }
        }

        await Task.WhenAll(sending);
        Assert.False(_queue.HasMessages);
    }

    [Fact]
    public void It_does_not_hold_on_to_what_was_taken()
    {
        var message = EnqueueWeak();
        GC.Collect();
        Assert.False(message.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference EnqueueWeak()
        {
            var weak = new WeakReference(new object());
            Enqueue(weak.Target!);
            Dequeue();
            return weak;
        }
    }

    [Fact]
    public void What_is_left_when_the_actor_ends_becomes_dead_letters()
    {
        Enqueue(1);
        Enqueue(2);
        var deadLetters = new UnboundedMessageQueue();

        _queue.CleanUp(ActorRefs.Nobody, deadLetters);

        Assert.Equal(2, deadLetters.Count);
        Assert.False(_queue.HasMessages);
    }

    private void Enqueue(object message) => _queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));

    private object Dequeue() => _queue.TryDequeue(out var envelope) ? envelope.Message : throw new InvalidOperationException("It is empty.");
}
