using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Telemetry;

/// <summary>The outcome of a request in one word, for metrics and traces: a closed set, so that it may be a label.</summary>
public sealed class RequestOutcome : IKeyReplyVisitor<string>
{
    public const string Ok = "ok";
    public const string NotFound = "not_found";
    public const string NotModified = "not_modified";

    /// <summary>A guard did not hold, or a test in a patch.</summary>
    public const string Conflict = "conflict";

    /// <summary>The caller's fault: 400, 405, 413, 415, 422.</summary>
    public const string Invalid = "invalid";

    /// <summary>A queue was full.</summary>
    public const string Busy = "busy";

    /// <summary>503, and nothing happened.</summary>
    public const string Refused = "refused";

    /// <summary>503, and nobody knows.</summary>
    public const string Unknown = "unknown";

    /// <summary>The caller went away before its answer.</summary>
    public const string Aborted = "aborted";

    /// <summary>A bug.</summary>
    public const string Error = "error";

    private static readonly RequestOutcome Instance = new();

    private RequestOutcome()
    {
    }

    public static string Of(KeyReply reply) => reply.Accept(Instance);

    /// <summary>The outcome of a request that came to no owner.</summary>
    public static string Of(int problemStatus) => problemStatus switch
    {
        StatusCodes.Status503ServiceUnavailable => Refused,
        >= 500 => Error,
        _ => Invalid,
    };

    public string Visit(Stored reply) => Ok;

    public string Visit(Deleted reply) => Ok;

    public string Visit(Found reply) => Ok;

    public string Visit(NotModified reply) => NotModified;

    public string Visit(Absent reply) => NotFound;

    public string Visit(VersionConflict reply) => Conflict;

    public string Visit(PreconditionFailed reply) => Conflict;

    public string Visit(Unprocessable reply) => Invalid;

    public string Visit(Busy reply) => Busy;

    public string Visit(Refused reply) => Refused;

    public string Visit(OutcomeUnknown reply) => Unknown;
}
