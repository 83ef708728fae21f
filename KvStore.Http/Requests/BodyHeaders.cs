using KvStore.Http.Responses;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Requests;

/// <summary>What a body's headers must say before a byte of it is read.</summary>
internal static class BodyHeaders
{
    private const string Identity = "identity";

    /// <summary>Checks what PUT and PATCH have in common: coding, charset, announced size.</summary>
    public static Problem? Check(HttpRequest request, int maxBytes)
    {
        if (HasCoding(request.Headers.ContentEncoding))
        {
            return Problems.UnsupportedEncoding(request.Headers.ContentEncoding.ToString());
        }

        // Without the word there is no charset, and nothing to be taken apart.
        if (request.ContentType is { } sent && sent.Contains("charset", StringComparison.OrdinalIgnoreCase)
            && MediaTypeHeaderValue.TryParse(sent, out var mediaType)
            && mediaType.Charset is { Length: > 0 } charset
            && !HeaderUtilities.RemoveQuotes(charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.UnsupportedCharset(charset.ToString());
        }

        // The part that a Content-Range names would be stored as the whole (RFC 9110, 14.4).
        if (request.Method == HttpMethods.Put && request.Headers.ContentRange.Count > 0)
        {
            return Problems.BadHeader("Content-Range is not supported: PUT replaces the whole value");
        }

        return request.ContentLength > maxBytes ? Problems.TooLarge(maxBytes) : null;
    }

    public static Parsed<PatchKind> PatchKindOf(HttpRequest request)
    {
        var sent = request.ContentType ?? "";
        var mediaType = sent.Length == 0 ? "" : MediaTypeHeaderValue.TryParse(sent, out var parsed) ? parsed.MediaType.ToString() : null;
        return mediaType is not null && PatchMediaTypes.KindOf(mediaType) is { } kind ? kind : Problems.UnsupportedPatch(sent);
    }

    private static bool HasCoding(StringValues lines)
    {
        foreach (var line in lines)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var coding = line.AsSpan()[range].Trim(" \t");
                if (!coding.IsEmpty && !coding.Equals(Identity, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
