using System.Net;
using System.Text;
using System.Text.Json;
using KvStore.Messages.Keys;

namespace KvStore.Specs.Http;

/// <summary>The contract about listings as a client sees it; see <see cref="HttpContractSpecs"/>.</summary>
public abstract class HttpListingContractSpecs
{
    private static readonly HttpClient Client = new();
    private readonly string _run = $"list-{Guid.NewGuid():N}/";

    protected abstract Uri BaseAddress { get; }

    [Fact]
    public async Task Keys_come_sorted_by_their_bytes_one_a_line()
    {
        string[] names = ["b", "a", "a/b", "é", "😀", "\uE000", "\"q\"", "B"];
        await PutAllAsync(names);
        var lines = await LinesAsync($"prefix={Uri.EscapeDataString(_run)}");
        Assert.Equal(names.Select(name => _run + name).OrderBy(Key.Parse), lines.Select(line => line.GetProperty("key").GetString()));
        Assert.All(lines, line => Assert.Equal(["key", "node"], line.EnumerateObject().Select(member => member.Name)));
    }

    [Fact]
    public async Task Nothing_is_listed_where_nothing_is()
    {
        using var answer = await Client.GetAsync(new Uri(BaseAddress, $"/kv?prefix={_run}none"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task After_and_limit_cut_a_range_out()
    {
        await PutAllAsync([.. Enumerable.Range(0, 300).Select(number => $"{number:D3}")]);
        var first = await LinesAsync($"prefix={_run}&limit=100");
        var second = await LinesAsync($"prefix={_run}&limit=1000&after={first[^1].GetProperty("key").GetString()}");
        Assert.Equal(100, first.Length);
        Assert.Equal(
            Enumerable.Range(0, 300).Select(number => $"{_run}{number:D3}"),
            first.Concat(second).Select(line => line.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task Values_and_versions_come_on_demand()
    {
        await PutAllAsync(["a"]);
        await PutAllAsync(["a"]);
        var line = Assert.Single(await LinesAsync($"prefix={_run}&values=TRUE"));
        Assert.Equal(["key", "node", "value", "version"], line.EnumerateObject().Select(member => member.Name));
        Assert.Equal("{ \"n\" : 1.0 }", line.GetProperty("value").GetRawText());
        Assert.Equal(2, line.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task A_deleted_key_is_not_listed()
    {
        await PutAllAsync(["a", "b"]);
        using var deleted = await Client.DeleteAsync(new Uri(BaseAddress, $"/kv/{_run}a"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal($"{_run}b", Assert.Single(await LinesAsync($"prefix={_run}")).GetProperty("key").GetString());
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=10000001")]
    [InlineData("prefix=%ff")]
    [InlineData("values=maybe")]
    [InlineData("ifVersion=1")]
    public async Task A_query_that_means_nothing_is_refused(string query)
    {
        using var refused = await Client.GetAsync(new Uri(BaseAddress, $"/kv?{query}"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task Other_methods_are_answered_for_what_they_are()
    {
        using var head = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(BaseAddress, "/kv")));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        using var options = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Options, new Uri(BaseAddress, "/kv")));
        Assert.Equal(HttpStatusCode.NoContent, options.StatusCode);
        using var delete = await Client.DeleteAsync(new Uri(BaseAddress, "/kv"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, delete.StatusCode);
        Assert.Equal(["GET", "HEAD", "OPTIONS"], delete.Content.Headers.Allow);
    }

    private async Task PutAllAsync(string[] names)
    {
        await Parallel.ForEachAsync(names, async (name, cancelled) =>
        {
            var target = new Uri(BaseAddress, $"/kv/{_run}{Uri.EscapeDataString(name)}");
            using var stored = await Client.PutAsync(target, new StringContent("{ \"n\" : 1.0 }"), cancelled);
            Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        });
    }

    private async Task<JsonElement[]> LinesAsync(string query)
    {
        var text = Encoding.UTF8.GetString(await Client.GetByteArrayAsync(new Uri(BaseAddress, $"/kv?{query}")));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
