using System.Buffers;
using System.Text;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// The head of a message of PostgreSQL's protocol, version 3: a type and a length. Only four kinds of messages are looked into.
/// </summary>
/// <param name="Length">With its head, in bytes.</param>
internal readonly record struct PostgresProxyMessage(char Type, long Length)
{
    /// <summary>Of a statement so much is read, in bytes: enough to know it by.</summary>
    private const int MostText = 256;

    private const int HeadLength = 5;

    /// <summary>Bytes of a message that hold all that is read of it.</summary>
    private long Needed => Math.Min(Length, HeadLength + 2 * MostText);

    /// <summary>Reads the head of the message that <paramref name="bytes"/> begin with.</summary>
    /// <returns>False where too little of it is there.</returns>
    public static bool TryRead(ReadOnlySequence<byte> bytes, out PostgresProxyMessage message)
    {
        var reader = new SequenceReader<byte>(bytes);
        message = default;
        if (!reader.TryRead(out var type) || !reader.TryReadBigEndian(out int length))
        {
            return false;
        }

        message = length >= 4
            ? new((char)type, 1L + length)
            : throw new InvalidDataException($"A message of type {type} says that it has {length} bytes.");
        return true;
    }

    /// <summary>The statement of a parse message.</summary>
    public bool TryReadParse(ReadOnlySequence<byte> bytes, out string sql) => TryReadText(bytes, 1, out sql);

    /// <summary>The name that a parse message gives to its statement; empty where it prepares none.</summary>
    public bool TryReadParseName(ReadOnlySequence<byte> bytes, out string name) => TryReadText(bytes, 0, out name);

    /// <summary>The name of the statement that a bind message is for; empty for the one that was parsed last.</summary>
    public bool TryReadBindName(ReadOnlySequence<byte> bytes, out string name) => TryReadText(bytes, 1, out name);

    /// <summary>The statement of a simple query, or the tag of a completion.</summary>
    public bool TryReadText(ReadOnlySequence<byte> bytes, out string text) => TryReadText(bytes, 0, out text);

    private bool TryReadText(ReadOnlySequence<byte> bytes, int textsBefore, out string text)
    {
        text = "";
        if (bytes.Length < Needed)
        {
            return false;
        }

        var reader = new SequenceReader<byte>(bytes.Slice(HeadLength, Needed - HeadLength));
        while (textsBefore-- > 0)
        {
            reader.TryAdvanceTo(0);
        }

        if (!reader.TryReadTo(out ReadOnlySequence<byte> read, 0))
        {
            read = reader.UnreadSequence;
        }

        text = Encoding.UTF8.GetString(read.Slice(0, Math.Min(read.Length, MostText)));
        return true;
    }
}
