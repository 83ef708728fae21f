namespace KvStore.Http.Requests;

/// <summary>
/// A request target as it was sent, taken apart but not decoded. ASP.NET's <c>Path</c> is of no use for keys: it is decoded
/// except for <c>%2F</c>, and its dot segments are gone.
/// </summary>
/// <param name="Key">What follows <c>/kv/</c>, still encoded; null for <c>/kv</c> itself.</param>
/// <param name="Query">What follows the first question mark, still encoded.</param>
internal readonly record struct RequestTarget(string? Key, string Query)
{
    /// <summary>The path of the listing; a key's is this, a slash, and the key.</summary>
    public const string BasePath = "/kv";

    private const string BaseSegment = "kv";

    /// <summary>Whether the target is <c>/kv</c> or below it; in absolute form (RFC 9112, 3.2.2) too.</summary>
    public static bool TryRead(string rawTarget, out RequestTarget target)
    {
        target = default;
        var path = PathAndQuery(rawTarget);
        var query = ReadOnlySpan<char>.Empty;
        var question = path.IndexOf('?');
        if (question >= 0)
        {
            query = path[(question + 1)..];
            path = path[..question];
        }

        if (path.IsEmpty || path[0] != '/')
        {
            return false;
        }

        var segment = path[1..];
        var slash = segment.IndexOf('/');
        var key = slash < 0 ? null : segment[(slash + 1)..].ToString();
        if (!IsBase(slash < 0 ? segment : segment[..slash]))
        {
            return false;
        }

        target = new RequestTarget(key, query.ToString());
        return true;
    }

    // "%6bv" and "kv" are one segment to every proxy that normalises (RFC 3986, 6.2.2.2), so they are one here.
    private static bool IsBase(ReadOnlySpan<char> segment) =>
        segment is BaseSegment
        || (segment.Contains('%')
            && PercentDecoder.TryDecode(segment, plusIsSpace: false, out var text, out _)
            && text == BaseSegment);

    private static ReadOnlySpan<char> PathAndQuery(string rawTarget)
    {
        var target = rawTarget.AsSpan();
        if (target.IsEmpty || target[0] == '/')
        {
            return target;
        }

        const string Separator = "://";
        var separator = target.IndexOf(Separator);
        if (separator < 0)
        {
            return [];
        }

        var afterScheme = target[(separator + Separator.Length)..];
        var end = afterScheme.IndexOfAny('/', '?', '#');

        // The authority may be followed by a query at once: a slash in there begins no path.
        return end < 0 || afterScheme[end] != '/' ? [] : afterScheme[end..];
    }
}
