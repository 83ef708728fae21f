using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text.Json;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Responses;

/// <summary>
/// Writes the lines of a listing. They are collected in one rented buffer, because the response's own pipe takes a lock for
/// each span that it hands out; nothing is allocated for a line.
/// </summary>
internal sealed class NdjsonWriter : IDisposable
{
    /// <summary>Once so many bytes are collected they go out.</summary>
    public const int FlushBytes = 16 * 1024;

    private const int BufferBytes = 4 * FlushBytes;

    // Both JSON numbers and the punctuation around value and version.
    private const int MaxFrameBytes = 64;

    private readonly PipeWriter _target;
    private readonly bool _values;
    private readonly ImmutableArray<byte[]> _middles;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _length;

    /// <param name="nodes">The name to give with the keys of each shard, by shard number; null for a shard that nobody holds.</param>
    public NdjsonWriter(PipeWriter target, bool values, IEnumerable<string?> nodes)
    {
        _target = target;
        _values = values;

        // Shards of one node share its bytes.
        var byName = new Dictionary<string, byte[]>();
        _middles = [.. nodes.Select(node => MiddleOf(node, byName))];
    }

    /// <summary>Whether enough is collected to be worth a flush.</summary>
    public bool IsDue => _length >= FlushBytes;

    private static ReadOnlySpan<byte> BeforeKey => "{\"key\":\""u8;

    private static ReadOnlySpan<byte> BeforeValue => ",\"value\":"u8;

    private static ReadOnlySpan<byte> BeforeVersion => ",\"version\":"u8;

    private static ReadOnlySpan<byte> LineEnd => "}\n"u8;

    /// <summary>Appends one line; false, and nothing written, where it needs more room than the buffer has left.</summary>
    public bool TryAppend(int shard, in ListedKey entry)
    {
        var value = _values ? ValueOf(entry) : default;
        if (HeadBound(shard, entry) + value.Length + MaxFrameBytes > _buffer.Length - _length)
        {
            return false;
        }

        AppendHead(shard, entry);
        if (_values)
        {
            Append(BeforeValue);
            AppendOnOneLine(value.Span);
            AppendVersion(entry);
        }

        Append(LineEnd);
        return true;
    }

    /// <summary>Writes one line of whatever size, past the buffer if need be.</summary>
    public async ValueTask WriteAsync(int shard, ListedKey entry, CancellationToken aborted)
    {
        await FlushAsync(aborted).ConfigureAwait(false);
        if (TryAppend(shard, entry))
        {
            return;
        }

        AppendHead(shard, entry);
        Append(BeforeValue);
        for (var rest = ValueOf(entry); !rest.IsEmpty;)
        {
            var room = Math.Min(rest.Length, _buffer.Length - _length);
            AppendOnOneLine(rest.Span[..room]);
            await FlushAsync(aborted).ConfigureAwait(false);
            rest = rest[room..];
        }

        AppendVersion(entry);
        Append(LineEnd);
    }

    /// <summary>Sends what is collected, and waits where the client reads more slowly than we write.</summary>
    public async ValueTask FlushAsync(CancellationToken aborted)
    {
        aborted.ThrowIfCancellationRequested();
        if (_length > 0)
        {
            await _target.WriteAsync(_buffer.AsMemory(0, _length), aborted).ConfigureAwait(false);
            _length = 0;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static ReadOnlyMemory<byte> ValueOf(in ListedKey entry) => entry.Value is { } value
        ? value.Utf8
        : throw new InvalidOperationException($"The key '{entry.Key}' was listed without the value that was asked for.");

    private static byte[] MiddleOf(string? node, Dictionary<string, byte[]> byName)
    {
        if (node is null)
        {
            return [.. "\",\"node\":null"u8];
        }

        if (!byName.TryGetValue(node, out var middle))
        {
            middle = [.. "\",\"node\":\""u8, .. JsonEncodedText.Encode(node).EncodedUtf8Bytes, (byte)'"'];
            byName.Add(node, middle);
        }

        return middle;
    }

    private int HeadBound(int shard, in ListedKey entry) =>
        BeforeKey.Length + (entry.Key.Length * JsonKeys.MaxBytesPerChar) + _middles[shard].Length;

    private void AppendHead(int shard, in ListedKey entry)
    {
        Append(BeforeKey);
        _length += JsonKeys.Write(entry.Key, _buffer.AsSpan(_length));
        Append(_middles[shard]);
    }

    private void AppendVersion(in ListedKey entry)
    {
        Append(BeforeVersion);
        Utf8Formatter.TryFormat(entry.Version.Number, _buffer.AsSpan(_length), out var digits);
        _length += digits;
    }

    /// <summary>
    /// A value that was sent over several lines would not be a line here. Its line breaks can only be white space between tokens,
    /// where any other will do: within a string JSON has them escaped.
    /// </summary>
    private void AppendOnOneLine(ReadOnlySpan<byte> value)
    {
        var line = _buffer.AsSpan(_length, value.Length);
        value.CopyTo(line);
        line.Replace((byte)'\n', (byte)' ');
        line.Replace((byte)'\r', (byte)' ');
        _length += value.Length;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
