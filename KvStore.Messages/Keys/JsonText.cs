using System.Text;

namespace KvStore.Messages.Keys;

/// <summary>
/// The bytes of one JSON text as its client sent them, less the white space around it. Whoever makes one has checked it or
/// got it from somebody who has: nothing behind the edge parses it again, but to merge.
/// </summary>
public readonly struct JsonText(ReadOnlyMemory<byte> utf8) : IEquatable<JsonText>
{
    public ReadOnlyMemory<byte> Utf8 { get; } = utf8;

    public int Length => Utf8.Length;

    public static JsonText Of(string json) => new(Encoding.UTF8.GetBytes(json));

    public bool Equals(JsonText other) => Utf8.Span.SequenceEqual(other.Utf8.Span);

    public override bool Equals(object? obj) => obj is JsonText other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
