using System.Globalization;

namespace KvStore.Messages.Keys;

/// <summary>
/// The version of a key: 0 where it never existed, 1 at its creation, one more at each write that succeeded, a delete
/// included (so a tombstone has a version of its own, although every guard sees an absent key as <see cref="None"/>).
/// </summary>
public readonly record struct KeyVersion(long Number) : IComparable<KeyVersion>
{
    /// <summary>The version that guards see where there is no value.</summary>
    public static readonly KeyVersion None = new(0);

    public KeyVersion Next => new(checked(Number + 1));

    public int CompareTo(KeyVersion other) => Number.CompareTo(other.Number);

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}
