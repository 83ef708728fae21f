using KvStore.Messages.Keys;

namespace KvStore.Http.Responses;

/// <summary>An answer about one key, decided but not yet written.</summary>
internal readonly record struct KeyAnswer(int Status, Key Key)
{
    /// <summary>The owner that gave the answer; null where none did.</summary>
    public string? Node { get; init; }

    /// <summary>The version that the answer is about, 0 where the key is absent; null where it is not known.</summary>
    public KeyVersion? Version { get; init; }

    /// <summary>Whether <see cref="Version"/> validates the representation, and so goes out as its entity tag too.</summary>
    public bool IsTagged { get; init; }

    /// <summary>Whether the owner could not prove that the answer is current.</summary>
    public bool IsStale { get; init; }

    public string? CacheControl { get; init; }

    /// <summary>The path whose representation the body is, for methods where that goes without saying for nobody.</summary>
    public string? ContentLocation { get; init; }

    /// <summary>The value to put into the envelope; null where the answer has no envelope.</summary>
    public JsonText? Value { get; init; }

    public Problem? Problem { get; init; }
}
