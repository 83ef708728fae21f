using KvStore.Http.Gateway.Listing;
using KvStore.Http.Requests;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Http.Gateway;

public sealed class KeyListingSpecs
{
    private static readonly ListingQuery All = new("", "", long.MaxValue, false);
    private static readonly TimeSpan PageLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Every_holder_is_asked_for_its_shards_and_this_node_for_those_that_nobody_holds()
    {
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(6, 5_000));
        var keys = await ReadAsync(Begin(nodes, Edges.View(6, Edges.Self, Edges.Other, null)));
        Assert.Equal(Enumerable.Range(0, 5_000).Select(number => $"user-{number:D8}"), keys);
        Assert.Equal([0, 2, 3, 5], ShardsAskedOf(nodes, Edges.SelfAddress));
        Assert.Equal([1, 4], ShardsAskedOf(nodes, Edges.OtherAddress));
    }

    [Fact]
    public async Task A_holder_that_does_not_answer_is_replaced_by_this_node()
    {
        ScriptedNodes nodes = null!;
        nodes = new ScriptedNodes(ScriptedNodes.Numbered(4, 1_000))
        {
            Behaviour = (address, request) => Task.FromResult(address == Edges.OtherAddress ? null : nodes.Serve(request)),
        };
        Assert.Equal(1_000, (await ReadAsync(Begin(nodes, Edges.View(4, Edges.Self, Edges.Other)))).Count);
        Assert.Single(nodes.Asked, asked => asked.Address == Edges.OtherAddress);
    }

    [Fact]
    public async Task A_holder_that_fails_midway_loses_no_key_and_repeats_none()
    {
        ScriptedNodes nodes = null!;
        var answers = 0;
        nodes = new ScriptedNodes(ScriptedNodes.Numbered(4, 3_000))
        {
            Behaviour = (address, request) => Task.FromResult<ListReply?>(
                address == Edges.OtherAddress && ++answers > 3 ? new ListingFailed("no store", "n") : nodes.Serve(request)),
        };
        var keys = await ReadAsync(Begin(nodes, Edges.View(4, Edges.Self, Edges.Other)));
        Assert.Equal(Enumerable.Range(0, 3_000).Select(number => $"user-{number:D8}"), keys);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listing_that_this_node_cannot_read_either_has_failed(bool answers)
    {
        var nodes = new ScriptedNodes([[], []])
        {
            Behaviour = (_, _) => Task.FromResult<ListReply?>(answers ? new ListingFailed("no store", "n") : null),
        };
        var listing = Begin(nodes, Edges.View(2, Edges.Self));
        await listing.WaitAsync(CancellationToken.None);
        Assert.NotNull(listing.Fault);
    }

    [Fact]
    public async Task An_answer_without_pages_is_a_fault_and_no_endless_loop()
    {
        var nodes = new ScriptedNodes([[]]) { Behaviour = (_, _) => Task.FromResult<ListReply?>(new PagesListed([], "n")) };
        var listing = Begin(nodes, Edges.View(1, Edges.Self));
        await listing.WaitAsync(CancellationToken.None);
        Assert.NotNull(listing.Fault);
    }

    [Fact]
    public async Task At_most_one_request_is_under_way_to_a_node()
    {
        ScriptedNodes nodes = null!;
        var (underWay, most) = (0, 0);
        nodes = new ScriptedNodes(ScriptedNodes.Numbered(8, 20_000))
        {
            Behaviour = async (_, request) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref underWay));
                await Task.Yield();
                Interlocked.Decrement(ref underWay);
                return nodes.Serve(request);
            },
        };
        Assert.Equal(20_000, (await ReadAsync(Begin(nodes, Edges.View(8, Edges.Self)))).Count);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task What_is_read_ahead_is_bounded_however_large_the_values_are()
    {
        const int Value = 1024 * 1024;
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(8, 400, Value));
        var listing = Begin(nodes, Edges.View(8, Edges.Self), All with { Values = true });
        Assert.Equal(400, (await ReadAsync(listing, PagePlan.BudgetBytes + PagePlan.MaxBytesPerAnswer + (2 * Value))).Count);
    }

    [Fact]
    public async Task Shards_that_did_not_fit_an_answer_are_asked_for_again()
    {
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(64, 640, 100_000));
        Assert.Equal(640, (await ReadAsync(Begin(nodes, Edges.View(64, Edges.Self), All with { Values = true }))).Count);
    }

    [Fact]
    public async Task A_limit_ends_the_listing_and_keeps_pages_small()
    {
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(4, 10_000));
        Assert.Equal(3, (await ReadAsync(Begin(nodes, Edges.View(4, Edges.Self), All with { Limit = 3 }))).Count);
        Assert.All(nodes.Asked, asked => Assert.True(asked.Request.KeysPerShard <= 3));
    }

    [Fact]
    public async Task A_listing_begins_after_the_key_that_it_is_told()
    {
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(4, 100));
        Assert.Equal("user-00000043", (await ReadAsync(Begin(nodes, Edges.View(4, Edges.Self), All with { After = "user-00000042" })))[0]);
    }

    [Fact]
    public void More_shards_than_one_request_may_name_are_asked_for_in_turn()
    {
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(1_000, 0));
        var listing = Begin(nodes, Edges.View(1_000, Edges.Self));
        while (!listing.IsDone)
        {
            listing.Harvest();
        }

        Assert.All(nodes.Asked, asked => Assert.True(asked.Request.Shards.Length <= PagePlan.MaxShardsPerRequest));
    }

    private static KeyListing Begin(ScriptedNodes nodes, ClusterView view, ListingQuery? query = null)
    {
        var time = new FakeTimeProvider();
        return new KeyListing(
            new ListingContext(nodes, Edges.Context(time, PageLimit), PageLimit, time, NullLogger.Instance, CancellationToken.None),
            view,
            query ?? All);
    }

    private static async Task<List<string>> ReadAsync(KeyListing listing, long mostBytes = long.MaxValue)
    {
        var keys = new List<string>();
        while (!listing.IsDone)
        {
            while (listing.TryTake(out var entry, out _))
            {
                keys.Add(entry.Key);
                Assert.True(listing.BufferedBytes <= mostBytes, $"{listing.BufferedBytes} bytes are read ahead");
                listing.Harvest();
            }

            if (!listing.IsDone)
            {
                await listing.WaitAsync(CancellationToken.None);
                Assert.Null(listing.Fault);
            }
        }

        return keys;
    }

    private static IEnumerable<int> ShardsAskedOf(ScriptedNodes nodes, string address) => nodes.Asked
        .Where(asked => asked.Address == address).SelectMany(asked => asked.Request.Shards.Select(cursor => cursor.Shard)).Distinct().Order();
}
