using System.Buffers;
using System.Text;

namespace KvStore.Http.Responses;

/// <summary>
/// Writes keys inside a JSON string with no more escapes than RFC 8259 asks for, so that emoji and slashes stay what they are.
/// </summary>
internal static class JsonKeys
{
    /// <summary>The most bytes that one char can become: <c>\u001f</c>.</summary>
    public const int MaxBytesPerChar = 6;

    private static readonly SearchValues<char> Escaped =
        SearchValues.Create("\"\\" + new string([.. Enumerable.Range(0, ' ').Select(code => (char)code)]));

    /// <summary>Writes <paramref name="key"/>, without the quotes around it, and returns the number of bytes.</summary>
    public static int Write(ReadOnlySpan<char> key, Span<byte> target)
    {
        var written = 0;
        while (true)
        {
            var special = key.IndexOfAny(Escaped);
            written += Encoding.UTF8.GetBytes(special < 0 ? key : key[..special], target[written..]);
            if (special < 0)
            {
                return written;
            }

            written += WriteEscape(key[special], target[written..]);
            key = key[(special + 1)..];
        }
    }

    private static int WriteEscape(char c, Span<byte> target)
    {
        target[0] = (byte)'\\';
        if (c >= ' ')
        {
            target[1] = (byte)c;
            return 2;
        }

        // No key has control characters; a listing's row that did would still have to be a line of its own.
        "u00"u8.CopyTo(target[1..]);
        target[4] = (byte)(c < 0x10 ? '0' : '1');
        target[5] = (byte)"0123456789abcdef"[c & 0xF];
        return 6;
    }
}
