using System.Text.Json.Nodes;
using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Node.Keys;

/// <summary>
/// What a key should do, written from the HTTP contract and nothing else: values as JSON trees, versions as numbers, no
/// batches, no leases. Answers are short texts that both the model and the real replies are turned into.
/// </summary>
internal sealed class KeyModel
{
    private long _stored;
    private bool _isPresent;
    private JsonNode? _value;

    private long Current => _isPresent ? _stored : 0;

    public string Answer(IKeyMessage message)
    {
        switch (message)
        {
            case GetValue get:
                return !_isPresent ? "absent"
                    : get.Precondition.IfMatch is { } match && !match.Any && !match.Versions.Contains(new KeyVersion(_stored)) ? $"failed {_stored}"
                    : get.Precondition.IfNoneMatch is { } none && (none.Any || none.Versions.Contains(new KeyVersion(_stored))) ? $"not modified {_stored}"
                    : $"found {_stored} {Text(_value)}";
            case DeleteKey delete when !_isPresent:
                return delete.Precondition.IfVersion is { Number: > 0 } ? "conflict 0" : "absent";
        }

        var command = (IKeyCommand)message;
        if (command.Precondition.IfVersion is { } expected && expected.Number != Current)
        {
            return $"conflict {Current}";
        }

        if ((command.Precondition.IfMatch is { } ifMatch && !Matches(ifMatch)) || (command.Precondition.IfNoneMatch is { } ifNone && Matches(ifNone)))
        {
            return $"failed {Current}";
        }

        _stored++;
        if (message is DeleteKey)
        {
            _isPresent = false;
            return $"deleted {_stored}";
        }

        _value = message is PutValue put ? Parse(put.Value) : Merge(Parse(((PatchValue)message).Delta));
        _isPresent = true;
        return $"stored {_stored}" + (message is PatchValue ? $" {Text(_value)}" : "");
    }

    public static string Describe(KeyReply reply) => reply switch
    {
        Found found => $"found {found.Version} {Text(Parse(found.Value))}" + (found.Stale ? " stale" : ""),
        Absent => "absent",
        NotModified same => $"not modified {same.Version}",
        Stored stored => $"stored {stored.Version}" + (stored.Value is { } value ? $" {Text(Parse(value))}" : ""),
        Deleted deleted => $"deleted {deleted.Version}",
        VersionConflict conflict => $"conflict {conflict.Current}",
        PreconditionFailed failed => $"failed {failed.Current}",
        _ => reply.ToString(),
    };

    private bool Matches(EntityTags tags) => _isPresent && (tags.Any || tags.Versions.Contains(new KeyVersion(_stored)));

    private JsonNode? Merge(JsonNode? delta)
    {
        if (!_isPresent || _value is not JsonObject target || delta is not JsonObject members)
        {
            return delta;
        }

        var merged = (JsonObject)target.DeepClone();
        foreach (var (name, value) in members)
        {
            merged[name] = value?.DeepClone();
        }

        return merged;
    }

    private static JsonNode? Parse(JsonText json) => JsonNode.Parse(json.Utf8.Span);

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
}

/// <summary>Random requests on one key, with versions near the ones that it will have.</summary>
internal static class KeyRequests
{
    private static readonly Gen<string> Json = Gen.OneOf(
        "null", "true", "1.50", "\"text\"", "[1,{\"a\":2}]", "{}", "{\"a\":1}", "{\"a\":{\"x\":1},\"b\":2}", "{\"b\":null,\"c\":[]}", "{\"c\":\"d\"}");

    private static readonly Gen<EntityTags> Tags = Gen.OneOf(
        Gen.Const(EntityTags.Star),
        Gen.Long[0, 8].Array[0, 3].Select(numbers => EntityTags.Of([.. numbers.Select(number => new KeyVersion(number))])));

    private static readonly Gen<Precondition> Guard = Gen.Frequency(
        (4, Gen.Const(Precondition.None)),
        (3, Gen.Long[0, 8].Select(number => Precondition.Version(new KeyVersion(number)))),
        (1, Tags.Select(tags => Precondition.Tags(tags, null))),
        (1, Tags.Select(tags => Precondition.Tags(null, tags))),
        (1, Gen.Select(Tags, Tags, (match, none) => Precondition.Tags(match, none))));

    public static Gen<IKeyMessage> On(Key key, Func<RequestContext> context) => Gen.Frequency(
        (3, Guard.Select(guard => (IKeyMessage)new GetValue(
            key, guard.IfVersion is null ? guard : Precondition.None, AllowStale: false, context()))),
        (4, Gen.Select(Guard, Json, (guard, json) => (IKeyMessage)new PutValue(key, JsonText.Of(json), guard, context()))),
        (3, Gen.Select(Guard, Json, (guard, json) => (IKeyMessage)new PatchValue(
            key, PatchKind.ShallowMerge, JsonText.Of(json == "null" ? "{}" : json), guard, context()))),
        (1, Guard.Select(guard => (IKeyMessage)new DeleteKey(key, guard, context()))));
}
