using System.Collections.Immutable;

namespace KvStore.Messages.Keys;

/// <summary>
/// What must hold for a request to go ahead. Either <c>ifVersion</c> (a mismatch is a version conflict), or HTTP's own
/// conditions (RFC 9110, 13.2.2: <c>If-Match</c> is evaluated first, then <c>If-None-Match</c>; a mismatch is a failed
/// precondition), or nothing.
/// </summary>
public sealed record Precondition
{
    public static readonly Precondition None = new();

    private Precondition()
    {
    }

    public KeyVersion? IfVersion { get; private init; }

    public EntityTags? IfMatch { get; private init; }

    public EntityTags? IfNoneMatch { get; private init; }

    public bool IsNone => IfVersion is null && IfMatch is null && IfNoneMatch is null;

    public static Precondition Version(KeyVersion expected) => new() { IfVersion = expected };

    public static Precondition Tags(EntityTags? ifMatch, EntityTags? ifNoneMatch) =>
        ifMatch is null && ifNoneMatch is null ? None : new() { IfMatch = ifMatch, IfNoneMatch = ifNoneMatch };

    /// <summary>Judges the guards against <paramref name="current"/>, which is <see cref="KeyVersion.None"/> where the key is absent.</summary>
    public GuardVerdict Judge(KeyVersion current)
    {
        if (IfVersion is { } expected && expected != current)
        {
            return GuardVerdict.VersionConflict;
        }

        if (IfMatch is not null && !IfMatch.Matches(current))
        {
            return GuardVerdict.IfMatchFailed;
        }

        return IfNoneMatch is not null && IfNoneMatch.Matches(current) ? GuardVerdict.IfNoneMatchFailed : GuardVerdict.Holds;
    }
}

public enum GuardVerdict
{
    Holds,
    VersionConflict,
    IfMatchFailed,
    IfNoneMatchFailed,
}

/// <summary>
/// The tags of one <c>If-Match</c> or <c>If-None-Match</c>. A tag that is no version, or is weak where the comparison is
/// strong, can match nothing and is left out by the parser, so an empty set is legal and matches nothing.
/// </summary>
/// <param name="Any">The header was <c>*</c>: matches every key that has a value.</param>
public sealed record EntityTags(bool Any, ImmutableArray<KeyVersion> Versions)
{
    public static readonly EntityTags Star = new(true, []);

    public static EntityTags Of(params ReadOnlySpan<KeyVersion> versions) => new(false, [.. versions]);

    /// <summary>The version that was meant where exactly one was named.</summary>
    public KeyVersion? Single => !Any && Versions.Length == 1 ? Versions[0] : null;

    public bool Matches(KeyVersion current) => current != KeyVersion.None && (Any || Versions.Contains(current));

    public bool Equals(EntityTags? other) => other is not null && Any == other.Any && Versions.AsSpan().SequenceEqual(other.Versions.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Any, Versions.Length);
}
