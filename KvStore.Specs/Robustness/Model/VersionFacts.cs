using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>What answers tell of one version of one key. Times are those of the moment at which the version came to be.</summary>
internal sealed class VersionFacts
{
    /// <summary>The acknowledged write that made it; null where none did, so that it was one without an answer.</summary>
    public Operation? Writer { get; set; }

    /// <summary>The value as somebody saw it.</summary>
    public string? Value { get; set; }

    /// <summary>Whether somebody was told that the key has this version, and so that it is no tombstone.</summary>
    public bool IsPresent { get; set; }

    /// <summary>It was there by then: the earliest end of an operation that made or saw it.</summary>
    public long Latest { get; set; } = long.MaxValue;

    /// <summary>The next version was not there before then: the latest start of an operation that saw this one.</summary>
    public long SeenUntil { get; set; } = long.MinValue;

    /// <summary>Whoever wrote it had begun by then: it, or a later one, was listed.</summary>
    public long WriterBegunBy { get; set; } = long.MaxValue;
}
