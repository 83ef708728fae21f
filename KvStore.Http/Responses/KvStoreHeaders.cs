using KvStore.Messages.Keys;

namespace KvStore.Http.Responses;

/// <summary>Names and values of headers that more than one answer has.</summary>
internal static class KvStoreHeaders
{
    /// <summary>The version that the answer is about, 0 where the key is absent.</summary>
    public const string Version = "KvStore-Version";

    /// <summary>The owner that gave the answer.</summary>
    public const string Node = "KvStore-Node";

    /// <summary><see cref="Stale"/> on an answer that may be old, which only comes where the caller allowed it.</summary>
    public const string Consistency = "KvStore-Consistency";

    public const string Stale = "stale";

    public const string Json = "application/json";

    public const string ProblemJson = "application/problem+json";

    public const string Ndjson = "application/x-ndjson";

    /// <summary>May be kept, must be asked for again: what is true now is not true for a proxy's guess of a lifetime.</summary>
    public const string NoCache = "no-cache";

    public const string NoStore = "no-store";

    /// <summary>In seconds: moves and store hiccups that outlive a request's own tries take about as long again.</summary>
    public const string RetryAfterSeconds = "1";

    public static string EntityTag(KeyVersion version) => $"\"{version}\"";
}
