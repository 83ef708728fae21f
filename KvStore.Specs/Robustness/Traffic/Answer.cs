using System.Globalization;
using System.Net.Http.Headers;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>A whole answer of a node: what the contract has something to say about.</summary>
internal sealed record Answer(int Status)
{
    /// <summary><c>KvStore-Node</c></summary>
    public string? Owner { get; init; }

    /// <summary><c>KvStore-Version</c>, as it stands there.</summary>
    public string? Version { get; init; }

    public string? EntityTag { get; init; }

    public string? MediaType { get; init; }

    public bool HasRetryAfter { get; init; }

    /// <summary><c>KvStore-Consistency</c>, which only marks what may be old.</summary>
    public string? Consistency { get; init; }

    public string Body { get; init; } = "";

    /// <summary>Null where there is no such header, or no number in it.</summary>
    public long? VersionNumber =>
        long.TryParse(Version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancel) => new((int)response.StatusCode)
    {
        Owner = Header(response.Headers, "KvStore-Node"),
        Version = Header(response.Headers, "KvStore-Version"),
        EntityTag = Header(response.Headers, "ETag"),
        MediaType = response.Content.Headers.ContentType?.MediaType,
        HasRetryAfter = response.Headers.Contains("Retry-After"),
        Consistency = Header(response.Headers, "KvStore-Consistency"),
        Body = await response.Content.ReadAsStringAsync(cancel),
    };

    private static string? Header(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
