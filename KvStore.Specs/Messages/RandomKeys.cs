using System.Text;
using KvStore.Messages.Keys;

namespace KvStore.Specs.Messages;

/// <summary>Valid keys by a seed, for specs that need many of them and the same ones again.</summary>
internal static class RandomKeys
{
    private static readonly (int First, int Last)[] Ranges =
    [
        ('0', 'z'), (0x20, 0x7E), (0x20, 0x2F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF),
    ];

    /// <summary>1 to 60 code points from all of Unicode; ASCII and punctuation are drawn more often than their share.</summary>
    public static Key Next(Random random)
    {
        while (true)
        {
            var text = new StringBuilder();
            for (var left = random.Next(1, 61); left > 0; left--)
            {
                var (first, last) = Ranges[random.Next(Ranges.Length)];
                text.Append(new Rune(random.Next(first, last + 1)));
            }

            if (Key.TryCreate(text.ToString(), out var key, out _))
            {
                return key;
            }
        }
    }
}
