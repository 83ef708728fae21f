using System.Buffers;
using System.Runtime.Serialization;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Messages;

/// <summary>Batches as bytes of a connection, which come in any portions.</summary>
public sealed class BatchFramesSpecs
{
    private static readonly BatchFrames Frames = new(new FakeTimeProvider(), maxBytes: 1_000);

    [Fact]
    public void Batches_are_read_as_they_were_written_wherever_a_portion_ends()
    {
        KeyBatch[] batches = [new([new(1, null), new(2, new Absent(Stale: false, "node"))]), new([]), new([new(long.MinValue, null)])];
        var bytes = Written(batches);
        for (var end = 0; end <= bytes.Length; end++)
        {
            var received = new ReadOnlySequence<byte>(bytes, 0, end);
            var read = new List<KeyBatch>();
            while (Frames.TryRead(ref received) is { } batch)
            {
                read.Add(batch);
            }

            received = new ReadOnlySequence<byte>(bytes, (int)(end - received.Length), bytes.Length - end + (int)received.Length);
            while (Frames.TryRead(ref received) is { } batch)
            {
                read.Add(batch);
            }

            Assert.True(received.IsEmpty);
            Assert.Equal(batches.Select(batch => batch.Entries.ToArray()), read.Select(batch => batch.Entries.ToArray()));
        }
    }

    [Theory]
    [InlineData("E9030000")]
    [InlineData("FFFFFFFF")]
    [InlineData("474554202F")]
    public void A_length_that_no_batch_has_is_refused_before_anything_is_kept(string hex)
    {
        var received = new ReadOnlySequence<byte>(Convert.FromHexString(hex));
        Assert.Contains("1000", Assert.Throws<SerializationException>(() => Frames.TryRead(ref received)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_batch_is_refused()
    {
        var received = new ReadOnlySequence<byte>([1, 0, 0, 0, 0xFF]);
        Assert.Throws<SerializationException>(() => Frames.TryRead(ref received));
    }

    private static byte[] Written(params IEnumerable<KeyBatch> batches)
    {
        var to = new ArrayBufferWriter<byte>();
        foreach (var batch in batches)
        {
            Frames.Write(batch, to);
        }

        return to.WrittenSpan.ToArray();
    }
}
