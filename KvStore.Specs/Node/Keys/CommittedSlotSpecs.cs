using System.Runtime.InteropServices;
using KvStore.Messages.Keys;
using KvStore.Node.Keys;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Keys;

/// <summary>Where the committed state of a live key lies: written in place by one, read beside that by many.</summary>
public sealed class CommittedSlotSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private CommittedSlot _slot;

    /// <summary>Lengths of values that lie in the slot, one after the other in the same bytes or in others, and of some that do not.</summary>
    public static TheoryData<int, int> Lengths => new()
    {
        { 1, 1 }, { 32, 32 }, { 32, 9 }, { 9, 32 }, { CommittedSlot.MaxCopied, 1 }, { 1, CommittedSlot.MaxCopied },
        { CommittedSlot.MaxCopied + 1, 5 }, { 5, CommittedSlot.MaxCopied + 1 },
        { CommittedSlot.MaxCopied + 1, CommittedSlot.MaxCopied + 1 },
    };

    [Fact]
    public void Nothing_is_read_before_something_was_written()
    {
        Assert.False(_slot.TryRead(out _));
    }

    [Fact]
    public void Nothing_is_read_once_it_was_cleared()
    {
        _slot.Write(Of(1, "1"));

        _slot.Clear();

        Assert.False(_slot.TryRead(out _));
    }

    [Fact]
    public void The_epoch_0_is_an_epoch()
    {
        _slot.Write(Of(1, "1", epoch: 0));

        Assert.True(_slot.TryRead(out var read));
        Assert.Equal(0, read.Epoch);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_was_written_last_is_read(int first, int second)
    {
        foreach (var (version, length) in new[] { (1, first), (2, second), (3, first) })
        {
            var written = Of(version, new string((char)('a' + version), length), epoch: 10 + version);
            _slot.Write(written);

            Assert.True(_slot.TryRead(out var read));
            Assert.Equal(written, read);
            Assert.Equal((written.Epoch, written.State.StoredVersion, written.State), (_slot.Epoch, _slot.StoredVersion, _slot.State));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_was_read_is_the_readers(int first, int second)
    {
        var before = Of(1, new string('b', first));
        _slot.Write(before);
        Assert.True(_slot.TryRead(out var read));

        _slot.Write(Of(2, new string('c', second)));

        Assert.Equal(Of(1, new string('b', first)), read);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(CommittedSlot.MaxCopied)]
    public void A_short_value_is_not_the_one_that_was_handed_in(int length)
    {
        var bytes = new byte[length];
        _slot.Write(new Committed(new KeyState(new KeyVersion(1), new JsonText(bytes)), 1));

        bytes[0] = 1;

        Assert.True(_slot.TryRead(out var read));
        Assert.Equal(0, read.State.Value!.Value.Utf8.Span[0]);
    }

    [Fact]
    public void A_long_value_is_not_copied()
    {
        var bytes = new byte[CommittedSlot.MaxCopied + 1];
        _slot.Write(new Committed(new KeyState(new KeyVersion(1), new JsonText(bytes)), 1));

        Assert.True(_slot.TryRead(out var read));
        Assert.True(MemoryMarshal.TryGetArray(read.State.Value!.Value.Utf8, out var segment));
        Assert.Same(bytes, segment.Array);
    }

    [Fact]
    public void An_absent_key_has_no_value_whatever_was_there_before()
    {
        _slot.Write(Of(1, "1"));

        _slot.Write(new Committed(new KeyState(new KeyVersion(2), null), 1));

        Assert.True(_slot.TryRead(out var read));
        Assert.True(read.State.IsAbsent);
        Assert.Equal(new KeyVersion(2), read.State.StoredVersion);
    }

    [Fact]
    public void A_value_of_about_the_length_of_the_last_makes_no_object()
    {
        _slot.Write(Of(1, new string('a', 32)));
        var next = new[] { 32, 31, 25, 16, 32 }.Select((length, i) => Of(2 + i, new string('b', length))).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        foreach (var committed in next)
        {
            _slot.Write(committed);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_value_that_shrank_does_not_keep_what_it_had()
    {
        _slot.Write(Of(1, new string('a', 1_000)));
        var committed = Of(2, new string('b', 100));
        var before = GC.GetAllocatedBytesForCurrentThread();

        _slot.Write(committed);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 100, 160);
    }

    /// <summary>
    /// Without the look at the sequence, before or after, it fails at once. The two barriers order nothing on x64 that would not be in
    /// order anyway; on ARM64 they do.
    /// </summary>
    [Fact]
    public async Task A_reader_never_sees_the_halves_of_two_writes()
    {
        // Everything follows from the version: the epoch, whether there is a value, its length, each of its bytes.
        var all = Enumerable.Range(1, 1_000).Select(Whole).ToArray();
        var shared = new Shared();
        using var end = new CancellationTokenSource();
        var changes = new int[2];
        var writer = OnItsOwnThread(() =>
        {
            for (var i = 0; !end.IsCancellationRequested; i = (i + 1) % all.Length)
            {
                shared.Slot.Write(all[i]);
            }
        });
        var readers = changes.Select((_, reader) => OnItsOwnThread(() =>
        {
            var last = 0L;
            while (!end.IsCancellationRequested)
            {
                if (!shared.Slot.TryRead(out var read))
                {
                    continue;
                }

                var version = read.State.StoredVersion.Number;
                Assert.Equal(all[version - 1], read);
                if (version != last)
                {
                    last = version;
                    Volatile.Write(ref changes[reader], changes[reader] + 1);
                }
            }
        })).ToArray();
        try
        {
            await Eventually.HoldsAsync(
                "the readers have read 5,000 writes, or one has failed", Patience,
                () => changes.Sum() > 5_000 || readers.Any(reader => reader.IsCompleted));
        }
        finally
        {
            await end.CancelAsync();
        }

        await Task.WhenAll([writer, .. readers]).WaitAsync(Patience);
    }

    [Fact]
    public void Nothing_is_said_of_an_empty_one()
    {
        Assert.Throws<InvalidOperationException>(() => _slot.State);
        Assert.Throws<InvalidOperationException>(() => _slot.Epoch);
        Assert.Throws<InvalidOperationException>(() => _slot.StoredVersion);
    }

    /// <summary>They run without end, and would keep the few threads that the pool begins with.</summary>
    private static Task OnItsOwnThread(Action run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Committed Whole(int version)
    {
        var length = (version * 37 % 11) switch
        {
            0 => (int?)null,
            1 => CommittedSlot.MaxCopied + (version % 50),
            var some => some * 10,
        };
        return length is { } count
            ? Of(version, new string((char)('a' + (version % 26)), count), epoch: version * 3)
            : new Committed(new KeyState(new KeyVersion(version), null), version * 3);
    }

    private static Committed Of(long version, string json, long epoch = 1) => new(new KeyState(new KeyVersion(version), JsonText.Of(json)), epoch);

    private sealed class Shared
    {
        public CommittedSlot Slot;
    }
}
