using System.Collections.Immutable;
using KvStore.Http.Requests;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Listing;

/// <summary>
/// One listing on its way. Each node that held a shard when the listing began is a feed, with at most one request under way.
/// One request handles it all, so there are no locks: answers wait in their tasks until <see cref="Harvest"/>.
/// <para>
/// A holder that gives no page is no fault: its rows are in the store, and this node reads them in its place. When this node
/// cannot either, the listing has failed.
/// </para>
/// </summary>
internal sealed class KeyListing
{
    /// <summary>How long another node may take for a page before this one reads in its place.</summary>
    public static readonly TimeSpan HolderLimit = TimeSpan.FromSeconds(2);

    private readonly ListingContext _context;
    private readonly ListingQuery _query;
    private readonly ShardMerge _merge;
    private readonly NodeFeed _own;
    private readonly List<NodeFeed> _feeds = [];
    private readonly NodeFeed[] _feedOfShard;
    private long _wanted;
    private long _seenKeys;
    private long _seenBytes;

    public KeyListing(ListingContext context, ClusterView view, ListingQuery query)
    {
        _context = context;
        _query = query;
        _wanted = query.Limit;
        _merge = new ShardMerge(view.Shards.Length, query.After);
        _own = new NodeFeed(view.Self.Name, view.Self.AkkaAddress, isOwn: true);
        _feeds.Add(_own);
        _feedOfShard = [.. view.Shards.Select(FeedOf)];
        Harvest();
    }

    /// <summary>Why the listing cannot go on, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>What is read ahead, in bytes, about.</summary>
    public long BufferedBytes => _merge.BufferedBytes;

    /// <summary>Whether every line was taken that there is, or that was asked for.</summary>
    public bool IsDone => _wanted == 0 || _merge.IsDone;

    /// <summary>Takes the next entry; false where it has not come yet: <see cref="WaitAsync"/>.</summary>
    public bool TryTake(out ListedKey entry, out int shard)
    {
        if (_wanted == 0 || !_merge.TryTake(out entry, out shard))
        {
            entry = default;
            shard = -1;
            return false;
        }

        _wanted--;
        var feed = _feedOfShard[shard];
        if (feed.IsIdle && _merge.Remaining(shard) * 2 < feed.KeysPerShard && !_merge.IsLast(shard))
        {
            Refill(feed);
        }

        return true;
    }

    /// <summary>Waits until some answer is there, and takes it in.</summary>
    public async ValueTask WaitAsync(CancellationToken aborted)
    {
        await Task.WhenAny(_feeds.Where(feed => !feed.IsIdle).Select(feed => feed.Outstanding!)).WaitAsync(aborted).ConfigureAwait(false);
        Harvest();
    }

    /// <summary>Takes in the answers that are there, and asks idle nodes for what runs low.</summary>
    public void Harvest()
    {
        foreach (var feed in _feeds)
        {
            if (feed.Outstanding is { IsCompleted: true } answered)
            {
                feed.Outstanding = null;

                // The task never faults but by cancellation, and then the request is over anyway.
                Accept(feed, answered.GetAwaiter().GetResult());
            }
        }

        foreach (var feed in _feeds)
        {
            if (feed.IsIdle && Fault is null)
            {
                Refill(feed);
            }
        }
    }

    private NodeFeed FeedOf(ShardView shard)
    {
        // Nobody holds it, or its holder's address is not known: any node can read the rows.
        if (shard.Node is null || shard.NodeAkkaAddress is null || shard.NodeAkkaAddress == _own.AkkaAddress)
        {
            _own.Shards.Add(shard.Shard);
            return _own;
        }

        var feed = _feeds.Find(known => known.AkkaAddress == shard.NodeAkkaAddress);
        if (feed is null)
        {
            feed = new NodeFeed(shard.Node, shard.NodeAkkaAddress, isOwn: false);
            _feeds.Add(feed);
        }

        feed.Shards.Add(shard.Shard);
        return feed;
    }

    private void Refill(NodeFeed feed)
    {
        var shards = _feedOfShard.Length;
        var keys = PagePlan.KeysPerShard(feed.Requests, shards, _wanted, _seenKeys, _seenBytes);
        var low = feed.Shards
            .Where(shard => !_merge.IsLast(shard) && PagePlan.IsLow(_merge.Remaining(shard), keys, _merge.BufferedBytes))
            // An answer is cut off at its size bound, so whom the merge waits for comes first.
            .OrderBy(_merge.Remaining)
            .Take(PagePlan.MaxShardsPerRequest)
            .Select(shard => new ShardCursor(shard, _merge.Cursor(shard)))
            .ToImmutableArray();
        if (low.IsEmpty)
        {
            return;
        }

        var limit = feed.IsOwn || _context.PageLimit < HolderLimit ? _context.PageLimit : HolderLimit;
        var keysPerShard = _merge.BufferedBytes > PagePlan.BudgetBytes ? 1 : keys;
        var context = _context.Request with { Deadline = Deadline.After(limit, _context.Time) };
        var request = new ListPages(low, _query.Prefix, keysPerShard, PagePlan.MaxBytesPerAnswer, _query.Values, context);
        feed.Ask(keys, _context.Nodes.ListAsync(feed.AkkaAddress, request, limit, _context.Aborted));
    }

    private void Accept(NodeFeed feed, ListReply? reply)
    {
        switch (reply)
        {
            case PagesListed { Pages: { IsDefaultOrEmpty: false } pages }:
                foreach (var page in pages)
                {
                    Accept(page);
                }

                break;
            case PagesListed:
                GiveUp(feed, "it answered without any page");
                break;
            case ListingFailed failed:
                GiveUp(feed, failed.Detail);
                break;
            default:
                GiveUp(feed, "it did not answer in time");
                break;
        }
    }

    private void Accept(ShardPage page)
    {
        Fault ??= _merge.Append(page.Shard, page.Keys, page.IsLast);
        _seenKeys += page.Keys.Length;
        foreach (ref readonly var entry in page.Keys.AsSpan())
        {
            _seenBytes += ShardMerge.BytesOf(entry);
        }
    }

    private void GiveUp(NodeFeed feed, string fault)
    {
        if (feed.IsOwn)
        {
            Fault ??= $"this node cannot read the keys: {fault}";
            return;
        }

        _context.Log.HolderSilent(_context.Request.RequestId, feed.Node, fault);
        foreach (var shard in feed.Shards)
        {
            _feedOfShard[shard] = _own;
        }

        _own.Shards.AddRange(feed.Shards);
        feed.Shards.Clear();
    }
}
