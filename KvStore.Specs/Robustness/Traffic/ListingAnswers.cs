using System.Collections.Immutable;
using System.Text.Json;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>What a whole answer to a listing means, by the HTTP contract alone.</summary>
internal static class ListingAnswers
{
    /// <param name="asked">A listing with <c>values=true</c>.</param>
    public static Operation Read(Operation asked, Answer answer)
    {
        var seen = asked with { Status = answer.Status };
        try
        {
            return answer.Status switch
            {
                200 when answer.MediaType == "application/x-ndjson" =>
                    seen with { Outcome = Outcome.Done, Lines = Lines(answer.Body, asked.Key) },
                503 when answer is { MediaType: "application/problem+json", HasRetryAfter: true } =>
                    seen with { Outcome = Outcome.NotApplied, Note = "listing refused" },
                _ => Forbidden(seen, $"no answer to a listing: {answer.MediaType}"),
            };
        }
        catch (Exception e) when (e is ContractException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return Forbidden(seen, $"a line that cannot be read: {e.Message}");
        }
    }

    private static ImmutableArray<ListedKey> Lines(string body, string prefix)
    {
        if (body.Length > 0 && body[^1] != '\n')
        {
            throw new ContractException("the last line has no end");
        }

        return [.. body.Split('\n')[..^1].Select(line => Line(line, prefix))];
    }

    private static ListedKey Line(string line, string prefix)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        var key = root.GetProperty("key").GetString()!;
        if (!key.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw new ContractException($"'{key}' does not begin with '{prefix}'");
        }

        var version = root.GetProperty("version").GetInt64();
        return version >= 1
            ? new ListedKey(key, root.GetProperty("node").GetString(), root.GetProperty("value").GetRawText(), version)
            : throw new ContractException($"'{key}' has version {version}");
    }

    private static Operation Forbidden(Operation seen, string fault) => seen with { Outcome = Outcome.Forbidden, Note = fault };
}
