using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Specs.Http.Support;

/// <summary>Stands in for the owners of all keys, and for the node actors that list them, so that the edge can be run alone.</summary>
internal sealed class MemoryKeys(int shards) : IKeyGateway, INodeActors
{
    private readonly ConcurrentDictionary<string, (KeyVersion Version, JsonText? Value)> _rows = new();
    private readonly Lock _gate = new();

    public ConcurrentQueue<IKeyMessage> Received { get; } = new();

    public KeyReply? TryReadHere(Key key, Precondition precondition) => null;

    public ValueTask<KeyReply> SendAsync(IKeyMessage message, CancellationToken aborted)
    {
        Received.Enqueue(message);
        lock (_gate)
        {
            var (version, value) = _rows.GetValueOrDefault(message.Key.Text);
            return ValueTask.FromResult(message switch
            {
                GetValue get => Read(get, version, value),
                PutValue put => Judge(put.Precondition, version, value) ?? Store(put.Key, version.Next, put.Value, echo: false),
                PatchValue patch => Judge(patch.Precondition, version, value)
                    ?? Store(patch.Key, version.Next, Merge(value, patch.Delta), echo: true),
                DeleteKey delete => Delete(delete, version, value),
                _ => throw new InvalidOperationException($"No stand-in for {message.GetType().Name}."),
            });
        }
    }

    public Task<ListReply?> ListAsync(string akkaAddress, ListPages request, TimeSpan limit, CancellationToken cancelled)
    {
        var pages = request.Shards.Select(cursor => Page(cursor, request)).ToImmutableArray();
        return Task.FromResult<ListReply?>(new PagesListed(pages, Edges.Self));
    }

    public Task<NodeStatus?> StatusAsync(string akkaAddress, TimeSpan limit, CancellationToken cancelled) =>
        Task.FromResult<NodeStatus?>(akkaAddress == Edges.SelfAddress ? new NodeStatus(Edges.Self, 1, shards, true, 0, 0, []) : null);

    private static KeyReply Read(GetValue get, KeyVersion version, JsonText? value)
    {
        if (value is not { } present)
        {
            return new Absent(get.AllowStale, Edges.Self);
        }

        return get.Precondition.Judge(version) switch
        {
            GuardVerdict.Holds => new Found(version, present, get.AllowStale, Edges.Self),
            GuardVerdict.IfNoneMatchFailed => new NotModified(version, get.AllowStale, Edges.Self),
            _ => new PreconditionFailed(version, get.Precondition.IfMatch?.Single, Edges.Self),
        };
    }

    private static KeyReply? Judge(Precondition guard, KeyVersion version, JsonText? value)
    {
        var current = value is null ? KeyVersion.None : version;
        return guard.Judge(current) switch
        {
            GuardVerdict.Holds => null,
            GuardVerdict.VersionConflict => new VersionConflict(current, guard.IfVersion!.Value, Edges.Self),
            GuardVerdict.IfMatchFailed => new PreconditionFailed(current, guard.IfMatch!.Single, Edges.Self),
            _ => new PreconditionFailed(current, guard.IfNoneMatch!.Single, Edges.Self),
        };
    }

    private static JsonText Merge(JsonText? value, JsonText delta)
    {
        if (value is not { } present || JsonNode.Parse(present.Utf8.Span) is not JsonObject target
            || JsonNode.Parse(delta.Utf8.Span) is not JsonObject members)
        {
            return delta;
        }

        foreach (var (name, member) in members)
        {
            target[name] = member?.DeepClone();
        }

        return new JsonText(JsonSerializer.SerializeToUtf8Bytes(target));
    }

    private KeyReply Store(Key key, KeyVersion version, JsonText value, bool echo)
    {
        _rows[key.Text] = (version, value);
        return new Stored(version, echo ? value : null, Edges.Self);
    }

    private KeyReply Delete(DeleteKey delete, KeyVersion version, JsonText? value)
    {
        if (value is null)
        {
            return delete.Precondition.IfVersion is { Number: > 0 } expected
                ? new VersionConflict(KeyVersion.None, expected, Edges.Self)
                : new Absent(false, Edges.Self);
        }

        if (Judge(delete.Precondition, version, value) is { } refusal)
        {
            return refusal;
        }

        _rows[delete.Key.Text] = (version.Next, null);
        return new Deleted(version.Next, Edges.Self);
    }

    private ShardPage Page(ShardCursor cursor, ListPages request)
    {
        var rest = _rows
            .Where(row => row.Value.Value is not null
                && row.Key.StartsWith(request.Prefix, StringComparison.Ordinal)
                && ShardMap.ShardOf(Key.Parse(row.Key), shards) == cursor.Shard
                && Key.CompareUtf8(row.Key, cursor.After) > 0)
            .OrderBy(row => Key.Parse(row.Key))
            .ToArray();
        var page = rest.Take(request.KeysPerShard)
            .Select(row => new ListedKey(row.Key, row.Value.Version, request.Values ? row.Value.Value : null));
        return new ShardPage(cursor.Shard, [.. page], rest.Length <= request.KeysPerShard);
    }
}
