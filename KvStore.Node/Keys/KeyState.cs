using KvStore.Messages.Keys;

namespace KvStore.Node.Keys;

/// <summary>A key's value and version; what a row of the store says.</summary>
/// <param name="StoredVersion">The row's version, that of a tombstone included; 0 where there is no row.</param>
/// <param name="Value">Null where the key is absent.</param>
public readonly record struct KeyState(KeyVersion StoredVersion, JsonText? Value)
{
    public static readonly KeyState NoRow = new(KeyVersion.None, null);

    public bool IsAbsent => Value is null;

    /// <summary>The version that guards and clients see: a deleted key is absent, so its version is 0.</summary>
    public KeyVersion Current => IsAbsent ? KeyVersion.None : StoredVersion;

    public KeyState With(JsonText? value) => new(StoredVersion.Next, value);
}
