using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace KvStore.Specs.Http;

/// <summary>
/// The contract about single keys as a client sees it, over real sockets. Whoever serves it inherits this and says where. No spec
/// expects an empty store: each makes keys of its own.
/// </summary>
public abstract class HttpContractSpecs
{
    private readonly string _run = $"run-{Guid.NewGuid():N}";

    protected abstract Uri BaseAddress { get; }

    private protected static HttpClient Client { get; } = new();

    [Fact]
    public async Task A_put_creates_and_replaces_and_a_get_gives_the_bytes_back()
    {
        using var created = await SendAsync("PUT", "a", " { \"x\" : 1.0, \"x\":\"\\u00e9\" }\n");
        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        Assert.Equal($"{{\"key\":\"{_run}/a\",\"value\":{{ \"x\" : 1.0, \"x\":\"\\u00e9\" }},\"version\":1}}", await TextAsync(created));
        Assert.Equal("\"1\"", created.Headers.ETag!.Tag);
        Assert.Equal($"/kv/{_run}/a", created.Content.Headers.ContentLocation!.OriginalString);
        Assert.Equal("application/json", created.Content.Headers.ContentType!.ToString());

        using var replaced = await SendAsync("PUT", "a", "null");
        Assert.Equal("2", Header(replaced, "KvStore-Version"));

        using var read = await SendAsync("GET", "a");
        Assert.Equal($"{{\"key\":\"{_run}/a\",\"value\":null,\"version\":2}}", await TextAsync(read));
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
        Assert.Equal($"{_run}/none", problem.GetProperty("key").GetString());
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
        using var range = await SendAsync("PUT", "a", "1", request => request.Content!.Headers.ContentRange = new ContentRangeHeaderValue(0, 0, 1));
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

    [Fact]
    public async Task Put_with_a_stale_version_changes_nothing()
    {
        await PutAsync("a", "1");
        await PutAsync("a", "2");
        using var refused = await SendAsync("PUT", "a?IFVERSION=1", "3");
        var problem = await ProblemAsync(refused, HttpStatusCode.Conflict, "version-conflict");
        Assert.Equal((1, 2), (problem.GetProperty("expectedVersion").GetInt32(), problem.GetProperty("currentVersion").GetInt32()));
        Assert.Equal("2", Header(refused, "KvStore-Version"));
        using var stored = await SendAsync("PUT", "a?ifVersion=2", "3");
        Assert.Equal("3", Header(stored, "KvStore-Version"));
        using var absent = await SendAsync("DELETE", "none?ifVersion=4");
        Assert.Equal(HttpStatusCode.Conflict, absent.StatusCode);
        using var gone = await SendAsync("DELETE", "none?ifVersion=0");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Entity_tags_guard_writes()
    {
        using var absent = await SendAsync("PUT", "a", "1", If(match: "*"));
        await ProblemAsync(absent, HttpStatusCode.PreconditionFailed, "precondition-failed");
        using var created = await SendAsync("PUT", "a", "1", If(noneMatch: "*"));
        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        using var exists = await SendAsync("PUT", "a", "1", If(noneMatch: "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, exists.StatusCode);
        using var weak = await SendAsync("PUT", "a", "1", If(match: "W/\"1\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, weak.StatusCode);
        using var stale = await SendAsync("PATCH", "a", "1", If(match: "\"7\""));
        Assert.Equal(7, (await ProblemAsync(stale, HttpStatusCode.PreconditionFailed, "precondition-failed")).GetProperty("expectedVersion").GetInt32());
        using var current = await SendAsync("PUT", "a", "2", If(match: "\"9\", \"1\""));
        Assert.Equal("2", Header(current, "KvStore-Version"));
        using var deleteAbsent = await SendAsync("DELETE", "none", null, If(match: "\"1\""));
        Assert.Equal(HttpStatusCode.NotFound, deleteAbsent.StatusCode);
        using var malformed = await SendAsync("DELETE", "a", null, If(match: "2"));
        await ProblemAsync(malformed, HttpStatusCode.BadRequest, "bad-header");
        using var both = await SendAsync("DELETE", "a?ifVersion=2", null, If(match: "\"2\""));
        await ProblemAsync(both, HttpStatusCode.BadRequest, "bad-header");
    }

    [Fact]
    public async Task Entity_tags_guard_reads()
    {
        await PutAsync("a", "1");
        using var unmodified = await SendAsync("GET", "a", null, If(noneMatch: "W/\"1\", \"5\""));
        Assert.Equal(HttpStatusCode.NotModified, unmodified.StatusCode);
        Assert.Equal("\"1\"", unmodified.Headers.ETag!.Tag);
        Assert.Equal("no-cache", Header(unmodified, "Cache-Control"));
        using var modified = await SendAsync("GET", "a", null, If(noneMatch: "\"2\""));
        Assert.Equal(HttpStatusCode.OK, modified.StatusCode);
        using var failed = await SendAsync("HEAD", "a", null, If(match: "\"2\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, failed.StatusCode);
        using var absent = await SendAsync("GET", "none", null, If(match: "\"2\""));
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Fact]
    public async Task Two_writes_guarded_by_one_version_have_one_winner()
    {
        await PutAsync("a", "1");
        var writes = await Task.WhenAll(SendAsync("PUT", "a?ifVersion=1", "2"), SendAsync("PUT", "a?ifVersion=1", "3"));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], writes.Select(write => write.StatusCode).Order());
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

    private protected static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    private protected static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync();

    private protected static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string slug)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
        var problem = JsonDocument.Parse(await TextAsync(response)).RootElement;
        Assert.Equal($"/problems/{slug}", problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem;
    }

    private static Action<HttpRequestMessage> If(string? match = null, string? noneMatch = null) => request =>
    {
        if (match is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", match);
        }

        if (noneMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", noneMatch);
        }
    };

    private async Task PutAsync(string key, string json)
    {
        using var stored = await SendAsync("PUT", key, json);
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
    }

    private Task<HttpResponseMessage> SendAsync(string method, string target, string? body, string contentType) =>
        SendAsync(method, target, body, request =>
        {
            request.Content!.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        });

    private async Task<HttpResponseMessage> SendAsync(string method, string target, string? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(BaseAddress, $"/kv/{_run}/{target}"));
        request.Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        change?.Invoke(request);
        return await Client.SendAsync(request);
    }
}
