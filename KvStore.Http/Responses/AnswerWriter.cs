using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Responses;

/// <summary>Puts a decided answer on the wire.</summary>
internal static class AnswerWriter
{
    public static ValueTask WriteAsync(HttpContext context, in KeyAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        var headers = response.Headers;
        if (answer.Node is not null)
        {
            headers[KvStoreHeaders.Node] = answer.Node;
        }

        if (answer.Version is { } version)
        {
            headers[KvStoreHeaders.Version] = version.Number.ToString(CultureInfo.InvariantCulture);
            if (answer.IsTagged)
            {
                headers[HeaderNames.ETag] = KvStoreHeaders.EntityTag(version);
            }
        }

        if (answer.IsStale)
        {
            headers[KvStoreHeaders.Consistency] = KvStoreHeaders.Stale;
        }

        if (answer.CacheControl is not null)
        {
            headers[HeaderNames.CacheControl] = answer.CacheControl;
        }

        if (answer.ContentLocation is not null)
        {
            headers[HeaderNames.ContentLocation] = answer.ContentLocation;
        }

        if (answer.Problem is not null)
        {
            return ProblemWriter.WriteAsync(context, answer.Problem);
        }

        if (answer is { Value: { } value, Version: { } current })
        {
            response.ContentType = KvStoreHeaders.Json;
            return Envelope.WriteAsync(context, answer.Key, value, current);
        }

        return ValueTask.CompletedTask;
    }
}
