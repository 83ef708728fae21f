using KvStore.Messages.Protocol;
using Microsoft.Extensions.Logging;

namespace KvStore.Http;

/// <summary>
/// Everything that the edge logs, event ids 1000 to 1999. A client's fault is Debug; what an operator should know is a Warning;
/// a bug is an Error.
/// </summary>
internal static partial class EdgeLog
{
    [LoggerMessage(1000, LogLevel.Error, "Request {RequestId} {Method} {Target} ended in a bug.")]
    public static partial void RequestFaulted(this ILogger log, Exception cause, string requestId, string method, string target);

    [LoggerMessage(1001, LogLevel.Debug, "Request {RequestId} is answered {Status} {Type}: {Detail}")]
    public static partial void RequestRejected(this ILogger log, string requestId, int status, string type, string detail);

    [LoggerMessage(1002, LogLevel.Debug, "The caller of request {RequestId} went away.")]
    public static partial void CallerWentAway(this ILogger log, string requestId);

    [LoggerMessage(1010, LogLevel.Warning, "Request {RequestId} for key '{Key}' was refused {Attempts} times, at last for {Reason}.")]
    public static partial void RefusalStands(this ILogger log, string requestId, string key, RefusalReason reason, int attempts);

    [LoggerMessage(1011, LogLevel.Warning, "Request {RequestId} for key '{Key}' got no answer in time; its shard was held by {Node}.")]
    public static partial void NoAnswer(this ILogger log, string requestId, string key, string? node);

    [LoggerMessage(1012, LogLevel.Error, "Request {RequestId} for key '{Key}', which another node forwarded, failed.")]
    public static partial void ForwardedRequestFaulted(this ILogger log, Exception fault, string requestId, string key);

    [LoggerMessage(1013, LogLevel.Warning, "{Node} sent a request or an answer that cannot be read, and that is lost: {Fault}")]
    public static partial void BatchEntryUnread(this ILogger log, string node, string fault);

    [LoggerMessage(1020, LogLevel.Warning, "Listing {RequestId}: {Node} gave no page ({Fault}), its shards are read from this node.")]
    public static partial void HolderSilent(this ILogger log, string requestId, string node, string fault);

    [LoggerMessage(1021, LogLevel.Warning, "Listing {RequestId} ended after {Lines} lines: {Fault}")]
    public static partial void ListingFailed(this ILogger log, string requestId, long lines, string fault);

    [LoggerMessage(1030, LogLevel.Warning, "The keys could not be counted.")]
    public static partial void CountFailed(this ILogger log, Exception cause);

    [LoggerMessage(1040, LogLevel.Information, "The link with {Node} ended: {Why}")]
    public static partial void LinkEnded(this ILogger log, string node, string? why);

    [LoggerMessage(1041, LogLevel.Error, "The link with {Node} ended in a bug.")]
    public static partial void LinkFaulted(this ILogger log, Exception fault, string node);

    [LoggerMessage(EventId = 1042, Message = "No link with {Node} at {Host}:{Port} ({Fault}): requests for its keys go by the shard region, which is slower. Does a firewall let that port through?")]
    public static partial void NoLink(this ILogger log, LogLevel level, string node, string host, int port, string fault);

    [LoggerMessage(1043, LogLevel.Debug, "A connection of {Node} to the port for links was not taken in: {Fault}")]
    public static partial void LinkNotTakenIn(this ILogger log, string node, string fault);

    [LoggerMessage(1044, LogLevel.Information, "There is a link to {Node}.")]
    public static partial void LinkOpened(this ILogger log, string node);

    [LoggerMessage(1045, LogLevel.Error, "Cannot listen for links at {Address} ({Fault}): other nodes ask for the keys of this one by the shard region, which is slower.")]
    public static partial void NoLinksTakenIn(this ILogger log, string address, string fault);

    [LoggerMessage(1046, LogLevel.Warning, "An answer of {Bytes} bytes to {Node} is too long for a message between nodes, and not sent. Was KvStore:Limits:MaxValueBytes lowered?")]
    public static partial void AnswerTooLong(this ILogger log, string node, int bytes);
}
