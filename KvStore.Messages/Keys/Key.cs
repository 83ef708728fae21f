using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;

namespace KvStore.Messages.Keys;

/// <summary>
/// A key that passed every rule: 1 to <see cref="Limits.MaxKeyBytes"/> bytes of valid UTF-8, no control character
/// (U+0000–U+001F, U+007F), no segment between slashes that is <c>.</c> or <c>..</c>. Keys are equal and ordered by their
/// UTF-8 bytes. No Unicode normalisation.
/// </summary>
public sealed class Key : IEquatable<Key>, IComparable<Key>
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private string? _entityId;

    private Key(string text, ulong hash)
    {
        Text = text;
        Hash = hash;
    }

    public string Text { get; }

    /// <summary>XxHash3 (64 bits, seed 0) of the UTF-8 bytes. The shard of a stored row depends on it: it can never change.</summary>
    public ulong Hash { get; }

    /// <summary>This key in a form that is safe as an actor name; see <see cref="Routing.EntityIds"/>.</summary>
    public string EntityId => _entityId ??= Routing.EntityIds.Of(Text);

    /// <summary>Makes a key of <paramref name="text"/>, or says in <paramref name="fault"/> which rule it breaks.</summary>
    public static bool TryCreate(string text, [NotNullWhen(true)] out Key? key, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = null;
        fault = FaultOf(text);
        if (fault is not null)
        {
            return false;
        }

        // At most 512 chars of at most 3 bytes each: FaultOf saw to the first, UTF-8 to the second.
        Span<byte> utf8 = stackalloc byte[text.Length * 3];
        if (!StrictUtf8.TryGetBytes(text, utf8, out var length))
        {
            throw new InvalidOperationException("The UTF-8 form of a checked key outgrew its buffer.");
        }

        if (length > Limits.MaxKeyBytes)
        {
            fault = TooLong(length);
            return false;
        }

        key = new Key(text, XxHash3.HashToUInt64(utf8[..length]));
        return true;
    }

    /// <summary>Makes a key of text that is known to be one, such as a stored row's.</summary>
    /// <exception cref="FormatException">The text breaks a rule.</exception>
    public static Key Parse(string text) =>
        TryCreate(text, out var key, out var fault) ? key : throw new FormatException($"Not a key: {fault}");

    public int CompareTo(Key? other) => other is null ? 1 : CompareUtf8(Text, other.Text);

    public bool Equals(Key? other) => other is not null && (ReferenceEquals(this, other) || (Hash == other.Hash && Text == other.Text));

    public override bool Equals(object? obj) => Equals(obj as Key);

    public override int GetHashCode() => Hash.GetHashCode();

    public override string ToString() => Text;

    /// <summary>
    /// Compares two well-formed strings by their UTF-8 bytes. That is the order of code points; UTF-16 differs from it only
    /// where a surrogate (0xD800–0xDFFF) meets a char above it, so those two ranges change places before the comparison.
    /// </summary>
    public static int CompareUtf8(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return CodePointRank(left[common]).CompareTo(CodePointRank(right[common]));
    }

    private static int CodePointRank(char c) => char.IsSurrogate(c) ? c + 0x2000 : c >= 0xE000 ? c - 0x800 : c;

    private static string? FaultOf(string text)
    {
        if (text.Length == 0)
        {
            return "a key has at least one byte";
        }

        if (text.Length > Limits.MaxKeyBytes)
        {
            // A char is at least one byte, so there is no need to encode it to know.
            return TooLong(Encoding.UTF8.GetByteCount(text));
        }

        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
            {
                return "a key is valid UTF-8, and this one holds half of a surrogate pair";
            }

            if (rune.Value is < 0x20 or 0x7F)
            {
                return $"a key has no control characters, and this one holds U+{rune.Value:X4}";
            }

            rest = rest[consumed..];
        }

        foreach (var segment in text.AsSpan().Split('/'))
        {
            if (text.AsSpan(segment) is "." or "..")
            {
                return "no segment of a key is '.' or '..', because clients and proxies rewrite those";
            }
        }

        return null;
    }

    private static string TooLong(int bytes) => $"a key has at most {Limits.MaxKeyBytes} bytes of UTF-8, and this one has {bytes}";
}
