using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace KvStore.Specs.Http;

/// <summary>
/// The contract about single keys as a client sees it, over real sockets. Whoever serves it inherits this and says where. No spec
/// expects an empty store: each makes keys of its own.
/// </summary>
public abstract class HttpContractSpecs : HttpContract
{
    [Fact]
    public async Task A_put_creates_and_replaces_and_a_get_gives_the_bytes_back()
    {
        using var created = await SendAsync("PUT", "a", " { \"x\" : 1.0, \"x\":\"\\u00e9\" }\n");
        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        Assert.Equal($"{{\"key\":\"{Run}/a\",\"value\":{{ \"x\" : 1.0, \"x\":\"\\u00e9\" }},\"version\":1}}", await TextAsync(created));
        Assert.Equal("\"1\"", created.Headers.ETag!.Tag);
        Assert.Equal($"/kv/{Run}/a", created.Content.Headers.ContentLocation!.OriginalString);
        Assert.Equal("application/json", created.Content.Headers.ContentType!.ToString());

        using var replaced = await SendAsync("PUT", "a", "null");
        Assert.Equal("2", Header(replaced, "KvStore-Version"));

        using var read = await SendAsync("GET", "a");
        Assert.Equal($"{{\"key\":\"{Run}/a\",\"value\":null,\"version\":2}}", await TextAsync(read));
        Assert.Equal("\"2\"", read.Headers.ETag!.Tag);
        Assert.Equal("no-cache", Header(read, "Cache-Control"));
        Assert.NotEmpty(Header(read, "KvStore-Node")!);
        Assert.False(read.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_head_has_the_headers_of_the_get_and_no_body()
    {
        await PutAsync("a", "[1,2,3]");
        using var get = await SendAsync("GET", "a");
        using var head = await SendAsync("HEAD", "a");
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
        Assert.Empty(await TextAsync(head));
        using var absent = await SendAsync("HEAD", "b");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Empty(await TextAsync(absent));
    }

    [Fact]
    public async Task An_absent_key_is_a_problem_that_names_it()
    {
        using var absent = await SendAsync("GET", "none");
        var problem = await ProblemAsync(absent, HttpStatusCode.NotFound, "no-such-key");
        Assert.Equal($"{Run}/none", problem.GetProperty("key").GetString());
        Assert.Equal("0", Header(absent, "KvStore-Version"));
        Assert.Equal("no-cache", Header(absent, "Cache-Control"));
    }

    [Fact]
    public async Task A_delete_leaves_a_version_and_no_tag()
    {
        await PutAsync("a", "1");
        using var deleted = await SendAsync("DELETE", "a");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal("2", Header(deleted, "KvStore-Version"));
        Assert.Null(deleted.Headers.ETag);
        using var again = await SendAsync("DELETE", "a");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        using var created = await SendAsync("PUT", "a?ifVersion=0", "1");
        Assert.Equal("3", Header(created, "KvStore-Version"));
    }

    [Fact]
    public async Task A_patch_merges_the_top_level_only()
    {
        await PutAsync("a", "{\"x\":{\"y\":1},\"z\":1}");
        using var patched = await SendAsync("PATCH", "a", "{\"x\":{\"n\":2},\"z\":null}", "application/json");
        var document = JsonDocument.Parse(await TextAsync(patched)).RootElement;
        Assert.Equal("{\"x\":{\"n\":2},\"z\":null}", document.GetProperty("value").GetRawText());
        Assert.Equal(2, document.GetProperty("version").GetInt64());
        using var created = await SendAsync("PATCH", "b", "5", "application/x-www-form-urlencoded");
        Assert.Equal("1", Header(created, "KvStore-Version"));
        using var nothing = await SendAsync("PATCH", "a", " null ", "application/json");
        await ProblemAsync(nothing, HttpStatusCode.BadRequest, "null-delta");
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("not a type")]
    public async Task An_unknown_patch_format_is_415_and_says_what_is_known(string mediaType)
    {
        using var refused = await SendAsync("PATCH", "a", "{}", mediaType);
        await ProblemAsync(refused, HttpStatusCode.UnsupportedMediaType, "unsupported-patch");
        Assert.NotEmpty(Header(refused, "Accept-Patch")!);
    }

    [Fact]
    public async Task A_put_takes_any_content_type_but_no_other_charset_or_coding()
    {
        foreach (var fine in new[] { "text/plain", "application/x-www-form-urlencoded", "application/json; charset=\"UTF-8\"" })
        {
            using var stored = await SendAsync("PUT", "a", "1", fine);
            Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        }

        using var charset = await SendAsync("PUT", "a", "1", "application/json; charset=iso-8859-1");
        await ProblemAsync(charset, HttpStatusCode.UnsupportedMediaType, "unsupported-charset");
        using var coded = await SendAsync("PUT", "a", "1", request => request.Content!.Headers.ContentEncoding.Add("gzip"));
        await ProblemAsync(coded, HttpStatusCode.UnsupportedMediaType, "unsupported-encoding");
        Assert.Equal("identity", Header(coded, "Accept-Encoding"));
        using var identity = await SendAsync("PUT", "a", "1", request => request.Content!.Headers.ContentEncoding.Add("identity"));
        Assert.Equal(HttpStatusCode.OK, identity.StatusCode);
        using var range = await SendAsync(
            "PUT", "a", "1", request => request.Content!.Headers.ContentRange = new ContentRangeHeaderValue(0, 0, 1));
        await ProblemAsync(range, HttpStatusCode.BadRequest, "bad-header");
    }

    [Theory]
    [InlineData("{\"a\":1,}")]
    [InlineData("")]
    [InlineData("\uFEFF1")]
    [InlineData("1 2")]
    public async Task What_is_no_json_is_refused_and_changes_nothing(string body)
    {
        await PutAsync("a", "1");
        using var refused = await SendAsync("PUT", "a", body);
        await ProblemAsync(refused, HttpStatusCode.BadRequest, "bad-json");
        using var read = await SendAsync("GET", "a");
        Assert.Equal("1", Header(read, "KvStore-Version"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_is_as_large_as_the_limit_and_no_larger(bool chunked)
    {
        const int Limit = 1024 * 1024;
        var largest = $"\"{new string('x', Limit - 2)}\"";
        using var stored = await SendAsync("PUT", "large", largest, request => request.Headers.TransferEncodingChunked = chunked);
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        using var read = await SendAsync("GET", "large");
        Assert.Contains(largest, await TextAsync(read), StringComparison.Ordinal);

        // The limit is on what is sent, so white space counts.
        using var refused = await SendAsync("PUT", "large", largest + " ", request => request.Headers.TransferEncodingChunked = chunked);
        await ProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, "value-too-large");
    }

    [Theory]
    [InlineData("GET", "a?ifVersion=1")]
    [InlineData("GET", "a?consistency=eventual")]
    [InlineData("PUT", "a?ifVersion=x")]
    [InlineData("PUT", "a?ifVersion=1&ifVersion=1")]
    [InlineData("DELETE", "a?limit=1")]
    public async Task A_query_that_means_nothing_is_refused(string method, string target)
    {
        using var refused = await SendAsync(method, target, method == "PUT" ? "1" : null);
        await ProblemAsync(refused, HttpStatusCode.BadRequest, "bad-query");
    }

    [Fact]
    public async Task Options_and_unknown_methods_say_what_is_allowed()
    {
        using var options = await SendAsync("OPTIONS", "a");
        Assert.Equal(HttpStatusCode.NoContent, options.StatusCode);
        Assert.Contains("PATCH", options.Content.Headers.Allow);
        Assert.NotEmpty(Header(options, "Accept-Patch")!);
        using var post = await SendAsync("POST", "a", "not json");
        await ProblemAsync(post, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Contains("PUT", post.Content.Headers.Allow);
    }
}
