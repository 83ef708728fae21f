using System.Collections.Immutable;
using KvStore.Http.Requests;
using KvStore.Messages.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Responses;

/// <summary>Every problem that the edge answers with, one maker each.</summary>
internal static class Problems
{
    private static readonly KeyValuePair<string, string> RetryLater = new(HeaderNames.RetryAfter, KvStoreHeaders.RetryAfterSeconds);

    public static Problem BadKey(string fault) =>
        new(StatusCodes.Status400BadRequest, "bad-key", "The target names no key", Sentence(fault));

    public static Problem BadQuery(string fault) =>
        new(StatusCodes.Status400BadRequest, "bad-query", "The query cannot be read", Sentence(fault));

    public static Problem BadHeader(string fault) =>
        new(StatusCodes.Status400BadRequest, "bad-header", "A header cannot be read", Sentence(fault));

    public static Problem BadJson(string fault) =>
        new(StatusCodes.Status400BadRequest, "bad-json", "The body is not a JSON text", Sentence(fault));

    public static Problem NullDelta() =>
        new(StatusCodes.Status400BadRequest, "null-delta", "Nothing to merge", "The delta of a merge is any JSON text but null.");

    /// <summary>The server refused the request as HTTP, before or while it was read.</summary>
    public static Problem BadRequest(int status, string message) =>
        new(status, "bad-request", "The request cannot be read", Sentence(message));

    public static Problem NoSuchKey(Key key) =>
        new(StatusCodes.Status404NotFound, "no-such-key", "The key has no value", "There is no value under this key.")
        {
            Key = key,
        };

    public static Problem NoSuchPath() =>
        new(StatusCodes.Status404NotFound, "no-such-path", "Nothing is here",
            "No resource of this service has that path; keys are below /kv/.");

    public static Problem MethodNotAllowed(string method, string? allow) =>
        new(StatusCodes.Status405MethodNotAllowed, "method-not-allowed", "The resource does not know the method",
            $"{method} is not supported here.")
        {
            Headers = allow is null ? [] : [new(HeaderNames.Allow, allow)],
        };

    public static Problem VersionConflict(Key key, KeyVersion current, KeyVersion expected) =>
        new(StatusCodes.Status409Conflict, "version-conflict", "The key has another version",
            $"The key is at version {current}, and the request expects {expected}. Nothing changed.")
        {
            Key = key,
            CurrentVersion = current,
            ExpectedVersion = expected,
        };

    public static Problem PreconditionFailed(Key key, KeyVersion current, KeyVersion? expected) =>
        new(StatusCodes.Status412PreconditionFailed, "precondition-failed", "A condition of the request does not hold",
            $"The key is at version {current}, which If-Match or If-None-Match excludes. Nothing changed.")
        {
            Key = key,
            CurrentVersion = current,
            ExpectedVersion = expected,
        };

    public static Problem TooLarge(int maxBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, "value-too-large", "The value is too large",
            $"A value has at most {maxBytes} bytes as sent.");

    public static Problem UnsupportedEncoding(string coding) =>
        new(StatusCodes.Status415UnsupportedMediaType, "unsupported-encoding", "The content coding is not supported",
            $"A body is sent without a content coding, and this one has '{coding}'.")
        {
            Headers = [new(HeaderNames.AcceptEncoding, "identity")],
        };

    public static Problem UnsupportedCharset(string charset) =>
        new(StatusCodes.Status415UnsupportedMediaType, "unsupported-charset", "The charset is not supported",
            $"A JSON text is UTF-8, and this one is announced as '{charset}'.");

    public static Problem UnsupportedPatch(string mediaType) =>
        new(StatusCodes.Status415UnsupportedMediaType, "unsupported-patch", "The kind of patch is not supported",
            $"'{mediaType}' is not a patch format of this service.")
        {
            Headers = [new("Accept-Patch", PatchMediaTypes.AcceptPatch)],
        };

    public static Problem Unprocessable(Key key, string detail, KeyVersion current) =>
        new(StatusCodes.Status422UnprocessableEntity, "unstorable-result", "The result cannot be stored", Sentence(detail))
        {
            Key = key,
            CurrentVersion = current,
        };

    public static Problem Busy(Key key, string detail, string node, string? outcome) =>
        new(StatusCodes.Status429TooManyRequests, "too-many-writes", "Too many writes are waiting", Sentence(detail))
        {
            Key = key,
            Node = node,
            Outcome = outcome,
            Headers = [RetryLater],
        };

    /// <param name="outcome">Null where the request was no write.</param>
    public static Problem Unavailable(Key key, string slug, string detail, string? node, string? outcome) =>
        new(StatusCodes.Status503ServiceUnavailable, slug, "The key cannot be served now", detail)
        {
            Key = key,
            Node = node,
            Outcome = outcome,
            Headers = [RetryLater],
        };

    public static Problem OutcomeUnknown(Key key, string? node) =>
        new(StatusCodes.Status503ServiceUnavailable, "outcome-unknown", "Nobody knows whether the write happened",
            "The write was handed on and no answer came back: it may be committed now, later or never. Read the key, "
            + "and write again with ifVersion or If-Match so that it cannot happen twice.")
        {
            Key = key,
            Node = node,
            Outcome = Problem.Unknown,
            Headers = [RetryLater],
        };

    public static Problem ListingUnavailable(string detail) =>
        new(StatusCodes.Status503ServiceUnavailable, "listing-unavailable", "The keys cannot be listed now", Sentence(detail))
        {
            Headers = [RetryLater],
        };

    /// <summary>Says nothing of what went wrong: that is in the log, under the same request id.</summary>
    public static Problem Bug(string requestId) =>
        new(StatusCodes.Status500InternalServerError, "internal-error", "This is a fault of the service",
            $"The log of this node has the details under request id '{requestId}'.");

    private static string Sentence(string text) =>
        text.Length == 0 ? text : $"{char.ToUpperInvariant(text[0])}{text.AsSpan(1).TrimEnd('.')}.";
}
