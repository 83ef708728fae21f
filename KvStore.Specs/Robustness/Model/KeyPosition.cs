using System.Numerics;

namespace KvStore.Specs.Robustness.Model;

/// <summary>
/// How far an explanation of a key's history has come: its state after some versions, and when they came to be. Of all
/// times that the answers allow only the earliest have to be looked at, with one exception: a key that was absent may have to
/// stay so for a while, for the sake of answers that say so. How far its creation may be put off is <see cref="Cap"/>.
/// </summary>
/// <param name="Value">Null where the key is absent.</param>
/// <param name="Used">One bit for each write with an unknown outcome that has taken effect.</param>
/// <param name="Created">Where the key is there: the earliest time of the creation. Where it is absent: of its absence.</param>
/// <param name="Lower">The earliest time of the last version, whenever the creation was; it is also not before that.</param>
/// <param name="Cap">The latest time of the creation that all versions since allow.</param>
internal readonly record struct KeyPosition(long Version, string? Value, BigInteger Used, long Created, long Lower, long Cap)
{
    public long Current => Value is null ? 0 : Version;

    public static KeyPosition Of(KeyStart start) =>
        new(start.Version, start.Value, BigInteger.Zero, start.NotBefore, long.MinValue, start.Latest);

    /// <summary>Goes on to the next version, or gives null where there is no time for it.</summary>
    /// <param name="value">Null for a tombstone.</param>
    /// <param name="earliest">It did not come to be before.</param>
    /// <param name="latest">It did not come to be after.</param>
    public KeyPosition? Next(string? value, BigInteger used, long earliest, long latest, AbsentReads absences)
    {
        if (Value is null)
        {
            var created = Math.Max(Created, earliest);
            return created <= latest ? new KeyPosition(Version + 1, value, used, created, long.MinValue, latest) : null;
        }

        var lower = Math.Max(Lower, earliest);
        var cap = Math.Min(Cap, latest);
        if (lower > latest || Created > cap)
        {
            return null;
        }

        if (value is not null)
        {
            return new KeyPosition(Version + 1, value, used, Created, lower, cap);
        }

        // Absent again. Whoever saw it absent and had the answer before this saw an earlier absence.
        var putOff = Math.Max(Created, absences.LatestStartOfEndedBefore(Math.Max(Created, lower)));
        return putOff <= cap ? new KeyPosition(Version + 1, null, used, Math.Max(putOff, lower), long.MinValue, long.MaxValue) : null;
    }

    /// <summary>Whether all that saw the key absent can have done so, if this was its last version.</summary>
    public bool CanBeLast(AbsentReads absences) => Value is null || Math.Max(Created, absences.LatestStart) <= Cap;
}
