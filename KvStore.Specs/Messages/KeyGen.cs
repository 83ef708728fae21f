using System.Text;
using CsCheck;
using KvStore.Messages.Keys;

namespace KvStore.Specs.Messages;

/// <summary>Keys from all of Unicode, with the places where UTF-8, UTF-16 and percent-encoding differ drawn far more often.</summary>
internal static class KeyGen
{
    private static readonly Gen<int> CodePoint = Gen.Frequency(
        (6, Gen.Int[0x20, 0x7E]),
        (2, Gen.OneOf<int>('/', '.', '%', '#', '?', '+', ' ', '\\', '"')),
        (2, Gen.Int[0x80, 0x7FF]),
        (2, Gen.Int[0x800, 0xD7FF]),
        (2, Gen.Int[0xE000, 0xFFFF]),
        (2, Gen.Int[0x10000, 0x10FFFF]));

    /// <summary>Well-formed text of up to 120 code points, at most 480 bytes, that may break another rule of keys.</summary>
    public static readonly Gen<string> Text = CodePoint.Array[0, 120].Select(ToText);

    /// <summary>Few letters, short: two of these often share a beginning, or are equal.</summary>
    public static readonly Gen<string> AlikeText =
        Gen.OneOf(0x41, 0x7E, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF).Array[0, 5].Select(ToText);

    public static readonly Gen<Key> Key = Text
        .Where(text => KvStore.Messages.Keys.Key.TryCreate(text, out _, out _))
        .Select(KvStore.Messages.Keys.Key.Parse);

    private static string ToText(int[] codePoints)
    {
        var text = new StringBuilder(codePoints.Length);
        foreach (var codePoint in codePoints)
        {
            text.Append(new Rune(codePoint));
        }

        return text.ToString();
    }
}
