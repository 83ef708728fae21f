using System.Text.Json;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>What an answer about one key means, by the HTTP contract alone: whether it is true is for the verdict.</summary>
internal static class KeyAnswers
{
    public static Operation Read(Operation asked, Answer answer)
    {
        var seen = asked with { Status = answer.Status, Owner = answer.Owner };
        try
        {
            return answer.Status switch
            {
                200 => Valued(seen, answer),
                204 => Deleted(seen, answer),
                304 => NotModified(seen, answer),
                404 => Absent(seen, answer),
                409 or 412 => GuardFailed(seen, answer),
                429 or 503 => Refused(seen, answer),
                _ => throw new ContractException("no status for this request"),
            };
        }
        catch (ContractException e)
        {
            return Forbidden(seen, answer, e.Message);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return Forbidden(seen, answer, $"the body cannot be read: {e.Message}");
        }
    }

    private static Operation Valued(Operation seen, Answer answer)
    {
        Require(seen.Kind is OperationKind.Get or OperationKind.Put or OperationKind.Patch, "200 for a DELETE");
        using var document = JsonDocument.Parse(answer.Body);
        var version = document.RootElement.GetProperty("version").GetInt64();
        var value = document.RootElement.GetProperty("value").GetRawText();
        RequireOwner(answer);
        Require(document.RootElement.GetProperty("key").GetString() == seen.Key, "the body names another key");
        Require(version >= 1, "a value has version 1 or more");
        Require(answer.EntityTag == $"\"{version}\"", $"the ETag {answer.EntityTag} is not the version");
        Require(answer.VersionNumber == version, $"KvStore-Version {answer.Version} is not the version");
        Require(answer.Consistency is null, "marked as stale although nobody allowed that");
        Require(seen.Kind != OperationKind.Put || value == seen.Sent, "the value is not the one that was put");
        return seen with { Outcome = Outcome.Done, Version = version, Value = value };
    }

    private static Operation Deleted(Operation seen, Answer answer)
    {
        Require(seen.Kind == OperationKind.Delete, "204 is for DELETE");
        RequireOwner(answer);
        Require(answer.VersionNumber >= 2, $"KvStore-Version {answer.Version} is no version of a tombstone");
        Require(answer.EntityTag is null, "a tombstone has no ETag");
        return seen with { Outcome = Outcome.Done, Version = answer.VersionNumber };
    }

    private static Operation NotModified(Operation seen, Answer answer)
    {
        Require(seen is { Kind: OperationKind.Get, IfNoneMatch: not null }, "304 where the request has no If-None-Match");
        RequireOwner(answer);
        Require(answer.VersionNumber >= 1, $"KvStore-Version {answer.Version} is no version of a value");
        Require(answer.EntityTag == $"\"{answer.VersionNumber}\"", $"the ETag {answer.EntityTag} is not the version");
        Require(answer.Consistency is null, "marked as stale although nobody allowed that");
        return seen with { Outcome = Outcome.GuardFailed, Version = answer.VersionNumber };
    }

    private static Operation Absent(Operation seen, Answer answer)
    {
        Require(seen.Kind is OperationKind.Get or OperationKind.Delete, "404 for a write that creates");
        Require(seen.IfVersion is null or 0, "404 where ifVersion expects a value, which is a conflict");
        using var problem = Problem(answer);
        RequireOwner(answer);
        Require(answer.VersionNumber == 0, $"KvStore-Version {answer.Version} of an absent key");
        Require(answer.Consistency is null, "marked as stale although nobody allowed that");
        return seen with { Outcome = Outcome.Absent, Version = 0 };
    }

    private static Operation GuardFailed(Operation seen, Answer answer)
    {
        using var problem = Problem(answer);
        var current = problem.RootElement.GetProperty("currentVersion").GetInt64();
        var named = answer.Status == 409 ? seen.IfVersion : seen.IfMatch ?? seen.IfNoneMatch;
        Require(named is not null, $"{answer.Status} without a guard of its kind");
        RequireOwner(answer);
        Require(answer.VersionNumber == current, $"KvStore-Version {answer.Version} is not currentVersion {current}");
        long? expected = problem.RootElement.TryGetProperty("expectedVersion", out var member) ? member.GetInt64() : null;
        Require(expected == (named == Operation.AnyVersion ? null : named), $"expectedVersion {expected} is not the guard");
        return seen with { Outcome = Outcome.GuardFailed, Version = current };
    }

    private static Operation Refused(Operation seen, Answer answer)
    {
        using var problem = Problem(answer);
        var failed = problem.RootElement.TryGetProperty("node", out var node) ? node.GetString() : null;
        var outcome = problem.RootElement.TryGetProperty("outcome", out var member) ? member.GetString() : null;
        Require(answer.HasRetryAfter, "no Retry-After");
        var meaning = (seen.IsWrite, outcome, answer.Status) switch
        {
            (true, "not-applied", _) or (false, null, _) => Outcome.NotApplied,
            (true, "unknown", 503) => Outcome.Unknown,
            _ => throw new ContractException($"outcome '{outcome}'"),
        };
        return seen with { Outcome = meaning, FailedNode = failed, Note = problem.RootElement.GetProperty("type").GetString() };
    }

    private static JsonDocument Problem(Answer answer)
    {
        Require(answer.MediaType == "application/problem+json", $"a problem of type {answer.MediaType}");
        var problem = JsonDocument.Parse(answer.Body);
        Require(problem.RootElement.GetProperty("status").GetInt32() == answer.Status, "the problem's status is another");
        return problem;
    }

    private static void RequireOwner(Answer answer) =>
        Require(!string.IsNullOrEmpty(answer.Owner), "the owner's answer lacks KvStore-Node");

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new ContractException(fault);
        }
    }

    private static Operation Forbidden(Operation seen, Answer answer, string fault) =>
        seen with { Outcome = Outcome.Forbidden, Note = $"{fault}: {Clip(answer.Body)}" };

    private static string Clip(string body) => body.Length > 400 ? body[..400] + "…" : body;
}
