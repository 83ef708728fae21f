using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Messages;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Contracts;

/// <summary>One generator for each message; <see cref="WireContract"/> fails for a message that has none.</summary>
internal static class WireContractMessages
{
    /// <summary>Stands still, so that a deadline that makes the round trip at once is the same deadline.</summary>
    public static readonly FakeTimeProvider Time = new();

    private static readonly Gen<string> Text = Gen.OneOf(KeyGen.Text, Gen.Const(""));
    private static readonly Gen<string?> OptionalText = Gen.OneOf(Gen.Const((string?)null), Text.Select(text => (string?)text));
    private static readonly Gen<KeyVersion> Version =
        Gen.OneOf(Gen.Long[0, 9], Gen.Long[0, long.MaxValue]).Select(number => new KeyVersion(number));
    private static readonly Gen<KeyVersion?> OptionalVersion =
        Gen.OneOf(Gen.Const((KeyVersion?)null), Version.Select(version => (KeyVersion?)version));

    // Not JSON at all: no codec may look into a value.
    private static readonly Gen<JsonText> Value = Gen.Byte.Array[1, 200].Select(bytes => new JsonText(bytes));
    private static readonly Gen<JsonText?> OptionalValue = Gen.OneOf(Gen.Const((JsonText?)null), Value.Select(value => (JsonText?)value));

    private static readonly Gen<EntityTags> Tags =
        Gen.Select(Gen.Bool, Version.Array[0, 5], (any, versions) => new EntityTags(any, [.. versions]));

    private static readonly Gen<Precondition> Guard = Gen.OneOf(
        Gen.Const(Precondition.None),
        Version.Select(Precondition.Version),
        Tags.Select(tags => Precondition.Tags(tags, null)),
        Tags.Select(tags => Precondition.Tags(null, tags)),
        Gen.Select(Tags, Tags, Precondition.Tags));

    private static readonly Gen<Deadline> Moment =
        Gen.Long[0, 3_600_000_000].Select(micros => Deadline.After(TimeSpan.FromMicroseconds(micros), Time));

    private static readonly Gen<RequestContext> Context = Gen.Select(Text, Moment, OptionalText, OptionalText)
        .Select((id, deadline, parent, state) => new RequestContext(id, deadline, parent, state));

    private static readonly Gen<ImmutableArray<ShardCursor>> Cursors = Gen.Int[0, 4_095].ArrayUnique[0, 5].SelectMany(
        shards => Text.Array[shards.Length]
            .Select(afters => shards.Zip(afters, (shard, after) => new ShardCursor(shard, after)).ToImmutableArray()));

    private static readonly Gen<ListedKey> Listed =
        Gen.Select(Text, Version, OptionalValue, (key, version, value) => new ListedKey(key, version, value));

    private static readonly Gen<ShardPage> Page = Gen.Select(Gen.Int[0, 4_095], Listed.Array[0, 4], Gen.Bool)
        .Select((shard, keys, last) => new ShardPage(shard, [.. keys], last));

    public static readonly ImmutableDictionary<Type, Gen<IKvStoreMessage>> Generators = ImmutableDictionary.CreateRange(
    [
        For(Gen.Select(KeyGen.Key, Value, Guard, Context).Select((key, value, guard, context) => new PutValue(key, value, guard, context))),
        For(Gen.Select(KeyGen.Key, Gen.Enum<PatchKind>(), Value, Guard, Context)
            .Select((key, kind, delta, guard, context) => new PatchValue(key, kind, delta, guard, context))),
        For(Gen.Select(KeyGen.Key, Guard, Context).Select((key, guard, context) => new DeleteKey(key, guard, context))),
        For(Gen.Select(KeyGen.Key, Guard, Gen.Bool, Context)
            .Select((key, guard, stale, context) => new GetValue(key, guard, stale, context))),
        For(Gen.Select(Version, OptionalValue, Text).Select((version, value, node) => new Stored(version, value, node))),
        For(Gen.Select(Version, Text).Select((version, node) => new Deleted(version, node))),
        For(Gen.Select(Version, Value, Gen.Bool, Text).Select((version, value, stale, node) => new Found(version, value, stale, node))),
        For(Gen.Select(Version, Gen.Bool, Text).Select((version, stale, node) => new NotModified(version, stale, node))),
        For(Gen.Select(Gen.Bool, Text).Select((stale, node) => new Absent(stale, node))),
        For(Gen.Select(Version, Version, Text).Select((current, expected, node) => new VersionConflict(current, expected, node))),
        For(Gen.Select(Version, OptionalVersion, Text)
            .Select((current, expected, node) => new PreconditionFailed(current, expected, node))),
        For(Gen.Select(Text, Version, Text).Select((detail, current, node) => new Unprocessable(detail, current, node))),
        For(Gen.Select(Text, Text).Select((detail, node) => new Busy(detail, node))),
        For(Gen.Select(Gen.Enum<RefusalReason>(), OptionalText, Text).Select((reason, failed, node) => new Refused(reason, failed, node))),
        For(Gen.Select(OptionalText, Text).Select((failed, node) => new OutcomeUnknown(failed, node))),
        For(Gen.Select(Gen.Long, Gen.OneOf(
                Gen.Const(() => (IKvStoreMessage?)null),
                Gen.Select(KeyGen.Key, Value, Guard, Context).Select(IKvStoreMessage? (key, value, guard, context) => new PutValue(key, value, guard, context)),
                Gen.Select(Version, Text).Select(IKvStoreMessage? (version, node) => new Deleted(version, node))))
            .Select((id, message) => new KeyBatchEntry(id, message)).Array[0, 4].Select(entries => new KeyBatch([.. entries]))),
        For(Gen.Select(Cursors, Text, Gen.Int[1, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.Bool, Context)
            .Select((shards, prefix, keys, bytes, values, context) => new ListPages(shards, prefix, keys, bytes, values, context))),
        For(Gen.Select(Page.Array[0, 4], Text).Select((pages, node) => new PagesListed([.. pages], node))),
        For(Gen.Select(Text, Text).Select((detail, node) => new ListingFailed(detail, node))),
        For(Gen.Const(GetNodeStatus.Instance)),
        For(Gen.Const(MoveMyShards.Instance)),
        For(Gen.Const(SeekLink.Instance)),
        For(Gen.Select(Gen.Int[1, 65_535], Gen.Guid).Select((port, token) => new LinkOffer(port, token))),
        For(Gen.Int[0, int.MaxValue].Nullable().Select(count => new ShardsLeft(count))),
        For(Gen.Select(Text, Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.Bool, Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue],
            Gen.Long[0, long.MaxValue].Array[0, 20])
            .Select((node, keys, shards, valid, rows, commits, latencies) =>
                new NodeStatus(node, keys, shards, valid, rows, commits, [.. latencies]))),
    ]);

    /// <summary>Every message of the protocol, found in the assembly and not in a list that somebody keeps.</summary>
    public static IEnumerable<Type> Types { get; } =
        typeof(IKvStoreMessage).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(IKvStoreMessage)))
            .OrderBy(type => type.Name, StringComparer.Ordinal);

    public static Gen<IKvStoreMessage> Of(Type type) =>
        Generators.TryGetValue(type, out var generator)
            ? generator
            : throw new InvalidOperationException($"{type.Name} has no generator: add one");

    private static readonly JsonSerializerOptions AsText = new() { Converters = { new VersionAsNumber() } };

    /// <summary>All public members, in depth, as text: equality of records stops at arrays.</summary>
    public static string Shape(object message) => JsonSerializer.Serialize(message, message.GetType(), AsText);

    private static KeyValuePair<Type, Gen<IKvStoreMessage>> For<T>(Gen<T> generator)
        where T : IKvStoreMessage => new(typeof(T), generator.Select(message => (IKvStoreMessage)message));

    /// <summary>A version has a next one, which has a next one.</summary>
    private sealed class VersionAsNumber : JsonConverter<KeyVersion>
    {
        public override KeyVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, KeyVersion value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Number);
    }
}
