using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Listing;

/// <summary>One node that pages are asked from, and what is under way to it.</summary>
internal sealed class NodeFeed(string node, string akkaAddress, bool isOwn)
{
    public string Node { get; } = node;

    public string AkkaAddress { get; } = akkaAddress;

    /// <summary>Whether this is the node that the listing runs on.</summary>
    public bool IsOwn { get; } = isOwn;

    public List<int> Shards { get; } = [];

    /// <summary>The request under way; null where there is none.</summary>
    public Task<ListReply?>? Outstanding { get; set; }

    public bool IsIdle => Outstanding is null;

    /// <summary>Requests that were sent.</summary>
    public int Requests { get; private set; }

    /// <summary>The page size of the last request, in keys of one shard.</summary>
    public int KeysPerShard { get; private set; }

    public void Ask(int keysPerShard, Task<ListReply?> answer)
    {
        Requests++;
        KeysPerShard = keysPerShard;
        Outstanding = answer;
    }
}
