namespace KvStore.Messages.Keys;

/// <summary>Size bounds that belong to the protocol and the stored data, so no setting can change them.</summary>
public static class Limits
{
    /// <summary>Longest key, in bytes of UTF-8. Both stores index the key, and PostgreSQL's index rows end at 2,704 bytes.</summary>
    public const int MaxKeyBytes = 512;

    /// <summary>Largest value that a node can be configured to accept, in bytes: a reply carries a value whole, in one frame.</summary>
    public const int MaxConfigurableValueBytes = 16 * 1024 * 1024;

    /// <summary>Deepest nesting that a node can be configured to accept.</summary>
    public const int MaxConfigurableJsonDepth = 1_000;

    /// <summary>Longest listing that one call may ask for, in keys.</summary>
    public const int MaxListLimit = 10_000_000;
}
