using System.Collections.Concurrent;
using System.Collections.Immutable;
using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Http.Support;

/// <summary>Node actors over given keys of each shard. What a node does with a request is up to the spec.</summary>
internal sealed class ScriptedNodes(ImmutableArray<ImmutableArray<ListedKey>> shards) : INodeActors
{
    public ConcurrentQueue<(string Address, ListPages Request)> Asked { get; } = new();

    /// <summary>Stands in for an answer: null where the node does not answer. The default serves from the shards.</summary>
    public Func<string, ListPages, Task<ListReply?>>? Behaviour { get; init; }

    /// <summary>Keys that are numbered, spread over shards in turn.</summary>
    public static ImmutableArray<ImmutableArray<ListedKey>> Numbered(int shards, int keys, int valueBytes = 0) =>
    [
        .. Enumerable.Range(0, shards).Select(shard => Enumerable.Range(0, keys)
            .Where(number => number % shards == shard)
            .Select(number => new ListedKey(
                $"user-{number:D8}", new KeyVersion(1), valueBytes == 0 ? null : new JsonText(new byte[valueBytes])))
            .ToImmutableArray()),
    ];

    public Task<ListReply?> ListAsync(string akkaAddress, ListPages request, TimeSpan limit, CancellationToken cancelled)
    {
        Asked.Enqueue((akkaAddress, request));
        return Behaviour is null
            ? Task.FromResult<ListReply?>(Serve(request))
            : Behaviour(akkaAddress, request).WaitAsync(cancelled);
    }

    public Task<NodeStatus?> StatusAsync(string akkaAddress, TimeSpan limit, CancellationToken cancelled) => Task.FromResult<NodeStatus?>(null);

    /// <summary>Answers as a node does: in the order of the request, until the bytes are used up.</summary>
    public ListReply Serve(ListPages request)
    {
        var pages = ImmutableArray.CreateBuilder<ShardPage>();
        var bytes = 0;
        foreach (var cursor in request.Shards)
        {
            if (bytes >= request.MaxBytes)
            {
                break;
            }

            var all = shards[cursor.Shard];
            var begin = FirstAfter(all, cursor.After);
            var page = all.AsSpan(begin, Math.Min(request.KeysPerShard, all.Length - begin));
            var count = 0;
            while (count < page.Length && bytes < request.MaxBytes)
            {
                bytes += page[count].Key.Length + (page[count].Value?.Length ?? 0);
                count++;
            }

            pages.Add(new ShardPage(cursor.Shard, [.. page[..count]], begin + count == all.Length));
        }

        return new PagesListed(pages.ToImmutable(), "n");
    }

    private static int FirstAfter(ImmutableArray<ListedKey> keys, string after)
    {
        var (low, high) = (0, keys.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Key.CompareUtf8(keys[middle].Key, after) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
