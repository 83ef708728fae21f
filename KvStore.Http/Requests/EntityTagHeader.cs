using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using KvStore.Messages.Keys;
using Microsoft.Extensions.Primitives;

namespace KvStore.Http.Requests;

/// <summary>Reads <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110, 13.1.1, 13.1.2 and 8.8.3).</summary>
internal static class EntityTagHeader
{
    /// <summary>Reads one header's lines, which together are one list.</summary>
    /// <param name="weak">Whether <c>W/"3"</c> matches version 3, as <c>If-None-Match</c> compares; else it matches nothing.</param>
    /// <returns>False where the header is malformed. A well-formed tag that is no version is left out: it matches nothing.</returns>
    public static bool TryRead(StringValues lines, bool weak, [NotNullWhen(true)] out EntityTags? tags)
    {
        tags = null;
        if (lines.Count == 1 && lines[0].AsSpan().Trim(" \t") is "*")
        {
            tags = EntityTags.Star;
            return true;
        }

        var versions = ImmutableArray.CreateBuilder<KeyVersion>();
        var elements = 0;
        foreach (var line in lines)
        {
            if (!TryReadLine(line, weak, versions, ref elements))
            {
                return false;
            }
        }

        // A list of nothing but commas names nothing: whoever sent it meant something else.
        if (elements == 0)
        {
            return false;
        }

        tags = new EntityTags(false, versions.ToImmutable());
        return true;
    }

    private static bool TryReadLine(ReadOnlySpan<char> rest, bool weak, ImmutableArray<KeyVersion>.Builder versions, ref int elements)
    {
        while (true)
        {
            // Empty elements are legal in a list that is received (RFC 9110, 5.6.1.2).
            rest = rest.TrimStart(" \t,");
            if (rest.IsEmpty)
            {
                return true;
            }

            if (!TryReadTag(ref rest, out var opaque, out var isWeak))
            {
                return false;
            }

            elements++;
            if ((weak || !isWeak) && TryReadVersion(opaque, out var version))
            {
                versions.Add(version);
            }

            rest = rest.TrimStart(" \t");
            if (!rest.IsEmpty && rest[0] != ',')
            {
                return false;
            }
        }
    }

    private static bool TryReadTag(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> opaque, out bool isWeak)
    {
        opaque = default;
        isWeak = rest.StartsWith("W/", StringComparison.Ordinal);
        var quoted = isWeak ? rest[2..] : rest;
        if (quoted.IsEmpty || quoted[0] != '"')
        {
            return false;
        }

        var length = quoted[1..].IndexOf('"');
        if (length < 0)
        {
            return false;
        }

        opaque = quoted.Slice(1, length);
        rest = quoted[(length + 2)..];
        return !opaque.ContainsAnyInRange('\0', ' ') && !opaque.Contains('\u007F');
    }

    /// <summary>Tags are compared byte by byte, so only the form that we write is a version: no sign, no leading zero, not 0.</summary>
    private static bool TryReadVersion(ReadOnlySpan<char> opaque, out KeyVersion version)
    {
        version = KeyVersion.None;
        if (opaque.IsEmpty || opaque[0] == '0' || !long.TryParse(opaque, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        version = new KeyVersion(number);
        return true;
    }
}
