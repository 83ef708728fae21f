using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

/// <summary>The conditions of a request, as RFC 9110 and the HTTP contract have them: all must hold.</summary>
internal readonly record struct Guard(long? IfVersion, long? IfMatch, long? IfNoneMatch)
{
    public static Guard Of(Operation operation) => new(operation.IfVersion, operation.IfMatch, operation.IfNoneMatch);

    /// <param name="current">The version of the key, 0 where it is absent.</param>
    public bool Holds(long current) =>
        (IfVersion is not { } expected || expected == current)
        && (IfMatch is not { } match || (current > 0 && (match == Operation.AnyVersion || match == current)))
        && (IfNoneMatch is not { } none || current == 0 || (none != Operation.AnyVersion && none != current));

    /// <summary>Whether it does not hold for a value of this version, and can hold for one of a later version.</summary>
    public bool MayHoldAfter(long version) =>
        !Holds(version)
        && (IfVersion is not { } expected || expected > version)
        && (IfMatch is not { } match || match == Operation.AnyVersion || match > version)
        && IfNoneMatch != Operation.AnyVersion;

    public override string ToString()
    {
        var ifMatch = IfMatch is { } match ? $" If-Match:{Tag(match)}" : "";
        var ifNoneMatch = IfNoneMatch is { } none ? $" If-None-Match:{Tag(none)}" : "";
        return (IfVersion is { } version ? $" ifVersion={version}" : "") + ifMatch + ifNoneMatch;
    }

    private static string Tag(long version) => version == Operation.AnyVersion ? "*" : $"\"{version}\"";
}
