using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace KvStore.Http.Requests;

/// <summary>
/// Decodes a part of a request target once, and strictly: a lenient decoder would make two names of one key, or one of two.
/// </summary>
internal static class PercentDecoder
{
    private const int StackBytes = 1024;

    private static readonly SearchValues<char> PlainInPath = SearchValues.Create(AsciiWithout("%"));
    private static readonly SearchValues<char> PlainInQuery = SearchValues.Create(AsciiWithout("%+"));

    /// <param name="plusIsSpace">As in a query; in a path a plus is a plus.</param>
    public static bool TryDecode(
        ReadOnlySpan<char> encoded, bool plusIsSpace, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? fault)
    {
        fault = null;
        if (!encoded.ContainsAnyExcept(plusIsSpace ? PlainInQuery : PlainInPath))
        {
            text = encoded.ToString();
            return true;
        }

        text = null;
        var bytes = encoded.Length <= StackBytes ? stackalloc byte[encoded.Length] : new byte[encoded.Length];
        var count = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var c = encoded[i];
            if (c == '%')
            {
                if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
                {
                    fault = $"the '%' at position {i + 1} is not followed by two hexadecimal digits";
                    return false;
                }

                bytes[count++] = (byte)((HexValue(encoded[i + 1]) << 4) | HexValue(encoded[i + 2]));
                i += 2;
            }
            else if (!char.IsAscii(c))
            {
                fault = $"the character at position {i + 1} is not ASCII and must be percent-encoded";
                return false;
            }
            else
            {
                bytes[count++] = plusIsSpace && c == '+' ? (byte)' ' : (byte)c;
            }
        }

        return TryReadUtf8(bytes[..count], out text, out fault);
    }

    private static bool TryReadUtf8(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? fault)
    {
        if (Utf8.IsValid(bytes))
        {
            text = Encoding.UTF8.GetString(bytes);
            fault = null;
            return true;
        }

        text = null;
        fault = "what it decodes to is not valid UTF-8";
        return false;
    }

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static string AsciiWithout(string excluded) =>
        new([.. Enumerable.Range(0, 128).Select(code => (char)code).Where(c => !excluded.Contains(c, StringComparison.Ordinal))]);
}
