using System.Net;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http.Endpoints;

/// <summary>A listing as a stream, over real sockets and scripted nodes.</summary>
public sealed class ListingEndpointSpecs
{
    private const int LineBytes = 40;

    private static readonly HttpClient Client = new();

    [Fact]
    public async Task The_first_line_is_out_before_the_last_key_is_read()
    {
        ScriptedNodes nodes = null!;
        var firstLineSeen = new TaskCompletionSource();
        nodes = new ScriptedNodes(ScriptedNodes.Numbered(2, 1_000))
        {
            Behaviour = async (_, request) =>
            {
                if (request.Shards[0].After.Length > 0)
                {
                    await firstLineSeen.Task;
                }

                return nodes.Serve(request);
            },
        };
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(2), nodes, Edges.View(2, Edges.Self));
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, "/kv"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("{\"key\":\"user-00000000\",\"node\":\"node-a\"}", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        firstLineSeen.SetResult();
        var lines = 1;
        while (await reader.ReadLineAsync() is not null)
        {
            lines++;
        }

        Assert.Equal(1_000, lines);
    }

    [Fact]
    public async Task A_fault_midway_breaks_the_connection_off()
    {
        ScriptedNodes nodes = null!;
        nodes = new ScriptedNodes(ScriptedNodes.Numbered(2, 10_000))
        {
            Behaviour = (_, request) => Task.FromResult<ListReply?>(
                nodes.Asked.Count > 4 ? new ListingFailed("no store", "n") : nodes.Serve(request)),
        };
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(2), nodes, Edges.View(2, Edges.Self));
        await Assert.ThrowsAsync<HttpRequestException>(() => Client.GetByteArrayAsync(new Uri(edge.BaseAddress, "/kv")));
    }

    [Fact]
    public async Task A_fault_before_the_first_line_is_a_problem()
    {
        var nodes = new ScriptedNodes([[]]) { Behaviour = (_, _) => Task.FromResult<ListReply?>(new ListingFailed("no store", "n")) };
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(1), nodes, Edges.View(1, Edges.Self));
        await RefusedAsync(edge);
    }

    [Fact]
    public async Task A_node_that_knows_no_shards_yet_does_not_claim_that_there_are_no_keys()
    {
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(1), new ScriptedNodes([]), Edges.View(0, Edges.Self));
        await RefusedAsync(edge);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_not_read_ahead_for()
    {
        const int Keys = 500_000;
        var nodes = new ScriptedNodes(ScriptedNodes.Numbered(8, Keys));
        await using var edge = await EdgeHost.StartAsync(new MemoryKeys(8), nodes, Edges.View(8, Edges.Self));
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, "/kv"), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[64 * 1024];
        var bytes = 0L;
        int read;
        while ((read = await body.ReadAsync(buffer)) > 0)
        {
            bytes += read;

            // What was asked for is never far beyond what the client has: sockets hold some megabytes, pages the rest.
            var asked = nodes.Asked.Max(asked => asked.Request.Shards.Max(NumberOf));
            Assert.True(asked - (bytes / LineBytes) < 200_000, $"{asked} asked for, {bytes / LineBytes} lines read");
        }

        Assert.Equal((long)Keys * LineBytes, bytes);
    }

    private static int NumberOf(ShardCursor cursor) => cursor.After.Length == 0 ? 0 : int.Parse(cursor.After.AsSpan("user-".Length));

    private static async Task RefusedAsync(EdgeHost edge)
    {
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, "/kv"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
    }
}
