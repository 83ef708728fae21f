using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.Serialization;
using KvStore.Messages.Protocol;

namespace KvStore.Messages.Wire;

/// <summary>
/// Batches one after the other as bytes: before each one its length in bytes, four of them, the lowest first. What is read is taken on
/// trust no more than what comes by remoting (<see cref="FieldReader"/>).
/// </summary>
/// <param name="time">Counts deadlines down; that of the edge and the key actors.</param>
/// <param name="maxBytes">The longest batch that is read; who writes sees to it.</param>
public sealed class BatchFrames(TimeProvider time, int maxBytes)
{
    private const int PrefixBytes = sizeof(int);

    private static readonly MessageCodec Codec = CodecTable.Of(new KeyBatch([]));

    private readonly FieldWriter _fields = new(time);

    public int MaxBytes => maxBytes;

    public void Write(KeyBatch batch, IBufferWriter<byte> to)
    {
        ArgumentNullException.ThrowIfNull(to);
        var content = Codec.Write(batch, _fields);
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(PrefixBytes), content.Length);
        to.Advance(PrefixBytes);
        to.Write(content);
    }

    /// <summary>The next batch, which <paramref name="received"/> is cut behind; null as long as not all of it is there.</summary>
    /// <exception cref="SerializationException">These are no batches, and nothing that follows can be read.</exception>
    public KeyBatch? TryRead(ref ReadOnlySequence<byte> received)
    {
        var reader = new SequenceReader<byte>(received);
        if (!reader.TryReadLittleEndian(out int length))
        {
            return null;
        }

        if (length < 0 || length > maxBytes)
        {
            throw new SerializationException($"a batch of {length} bytes, and none has more than {maxBytes}");
        }

        if (!reader.TryReadExact(length, out var content))
        {
            return null;
        }

        var batch = (KeyBatch)Codec.Read(content.ToArray(), time);
        received = received.Slice(reader.Position);
        return batch;
    }
}
