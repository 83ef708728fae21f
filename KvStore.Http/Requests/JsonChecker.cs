using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using KvStore.Messages.Keys;

namespace KvStore.Http.Requests;

/// <summary>Decides whether bytes are one JSON text (RFC 8259), and says where not. Nothing behind the edge checks again.</summary>
internal static class JsonChecker
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    /// <param name="body">Becomes the value's memory where there is no white space around the text: do not write to it again.</param>
    public static bool TryCheck(byte[] body, int maxDepth, out JsonText text, [NotNullWhen(false)] out string? fault)
    {
        text = default;
        fault = FaultOf(body, maxDepth);
        if (fault is not null)
        {
            return false;
        }

        var trimmed = body.AsSpan().Trim(WhiteSpace);

        // A slice would keep the white space alive as long as the value is in memory, and a body may be all but white space.
        text = new JsonText(trimmed.Length == body.Length ? body : trimmed.ToArray());
        return true;
    }

    private static string? FaultOf(ReadOnlySpan<byte> body, int maxDepth)
    {
        if (body.StartsWith(ByteOrderMark))
        {
            return "a JSON text has no byte order mark";
        }

        if (!body.ContainsAnyExcept(WhiteSpace))
        {
            return "the body is empty, and a value is a JSON text";
        }

        // The reader leaves the inside of strings alone that nobody asks for, so it would let bad UTF-8 pass.
        if (!Utf8.IsValid(body))
        {
            return At(body, InvalidUtf8At(body), "not valid UTF-8");
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
                // Reading is the check.
            }

            return null;
        }
        catch (JsonException e)
        {
            return At(body, OffsetOf(body, e), ReasonOf(e));
        }
    }

    private static string At(ReadOnlySpan<byte> body, int offset, string reason)
    {
        var before = body[..offset];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        var line = before.Count((byte)'\n') + 1;

        // What was read before the fault is valid UTF-8; each code point has one byte that is no continuation.
        var column = 1;
        foreach (var b in before[lineStart..])
        {
            column += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return $"line {line}, column {column}: {reason}";
    }

    private static int InvalidUtf8At(ReadOnlySpan<byte> body)
    {
        var offset = 0;
        while (offset < body.Length && Rune.DecodeFromUtf8(body[offset..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
        {
            offset += consumed;
        }

        return offset;
    }

    private static int OffsetOf(ReadOnlySpan<byte> body, JsonException e)
    {
        var offset = 0;
        for (var line = 0L; line < (e.LineNumber ?? 0); line++)
        {
            var newline = body[offset..].IndexOf((byte)'\n');
            if (newline < 0)
            {
                break;
            }

            offset += newline + 1;
        }

        return (int)Math.Min(body.Length, offset + (e.BytePositionInLine ?? 0));
    }

    // The reader ends its message with a position of its own, counted from 0 and in bytes.
    private static string ReasonOf(JsonException e)
    {
        var position = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (position < 0 ? e.Message : e.Message[..position]).TrimEnd('.');
    }
}
