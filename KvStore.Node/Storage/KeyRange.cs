using System.Text;
using KvStore.Messages.Keys;

namespace KvStore.Node.Storage;

/// <summary>The keys of one page as a half-open range in the order of UTF-8 bytes, which both engines' indexes have.</summary>
/// <param name="From">The first key that may be in it.</param>
/// <param name="Below">The first text beyond it, or null where there is none.</param>
internal readonly record struct KeyRange(string From, string? Below)
{
    /// <summary>Keys have no control characters, so nothing that is stored lies between a key and that key with this behind it.</summary>
    private const char LowerThanAnyInAKey = '\u0001';

    /// <summary>The range of keys that begin with <paramref name="prefix"/> and come after <paramref name="after"/>, if there can be any.</summary>
    public static bool TryMake(string prefix, string after, out KeyRange range)
    {
        // PostgreSQL's text cannot hold U+0000, and no key has one: nothing begins with such a prefix, and to come after
        // such a text is to come after what stands before it.
        if (prefix.Contains('\0'))
        {
            range = default;
            return false;
        }

        var zero = after.IndexOf('\0');
        var next = zero >= 0 ? after[..zero] : after;
        next = next.Length == 0 ? "" : next + LowerThanAnyInAKey;
        range = new KeyRange(Key.CompareUtf8(prefix, next) >= 0 ? prefix : next, SuccessorOf(prefix));
        return range.Below is null || Key.CompareUtf8(range.From, range.Below) < 0;
    }

    /// <summary>
    /// The smallest text that is above everything that begins with <paramref name="prefix"/>: its last code point that can
    /// grow, grown by one, and nothing behind it. Null where there is none; then all that is not below the prefix begins with it.
    /// </summary>
    internal static string? SuccessorOf(string prefix)
    {
        var rest = prefix.AsSpan();
        while (!rest.IsEmpty)
        {
            _ = Rune.DecodeLastFromUtf16(rest, out var last, out var length);
            rest = rest[..^length];
            if (last.Value != 0x10FFFF)
            {
                // The code points of surrogates are no characters and have no UTF-8.
                var grown = new Rune(last.Value == 0xD7FF ? 0xE000 : last.Value + 1);
                return string.Concat(rest, grown.ToString());
            }
        }

        return null;
    }
}
