using System.Collections.Immutable;
using KvStore.Messages.Keys;

namespace KvStore.Http.Responses;

/// <summary>A problem document (RFC 9457), and the headers that go with its status. <see cref="Problems"/> makes them.</summary>
/// <param name="Slug">The last segment of <c>type</c>; never changes its meaning.</param>
/// <param name="Detail">One sentence for a person. Programs go by type and members.</param>
internal sealed record Problem(int Status, string Slug, string Title, string Detail)
{
    /// <summary>The write did not happen and never will.</summary>
    public const string NotApplied = "not-applied";

    /// <summary>The write may have happened, or may yet.</summary>
    public const string Unknown = "unknown";

    public string Type => $"/problems/{Slug}";

    public Key? Key { get; init; }

    public KeyVersion? ExpectedVersion { get; init; }

    public KeyVersion? CurrentVersion { get; init; }

    public string? Node { get; init; }

    public string? Outcome { get; init; }

    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];
}
