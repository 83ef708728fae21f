using KvStore.Http.Responses;
using KvStore.Messages.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Requests;

/// <summary>Makes one precondition of <c>ifVersion</c> or of HTTP's own headers. A guard that cannot be read is never ignored.</summary>
internal static class Guards
{
    public static Parsed<Precondition> Read(IHeaderDictionary headers, KeyVersion? ifVersion)
    {
        var ifMatch = headers.IfMatch;
        var ifNoneMatch = headers.IfNoneMatch;
        if (ifMatch.Count == 0 && ifNoneMatch.Count == 0)
        {
            return ifVersion is { } alone ? Precondition.Version(alone) : Precondition.None;
        }

        if (!TryRead(ifMatch, weak: false, out var match))
        {
            return Malformed(HeaderNames.IfMatch);
        }

        if (!TryRead(ifNoneMatch, weak: true, out var noneMatch))
        {
            return Malformed(HeaderNames.IfNoneMatch);
        }

        return ifVersion is null
            ? Precondition.Tags(match, noneMatch)
            : Problems.BadHeader(
                $"'{QueryParameters.NameOf(Parameter.IfVersion)}' stands alone: it cannot be combined with If-Match or If-None-Match");
    }

    private static bool TryRead(StringValues lines, bool weak, out EntityTags? tags)
    {
        tags = null;
        return lines.Count == 0 || EntityTagHeader.TryRead(lines, weak, out tags);
    }

    private static Problem Malformed(string header) =>
        Problems.BadHeader($"{header} is '*' or a list of entity tags, each in double quotes, such as \"3\"");
}
