using System.Net;
using System.Text.RegularExpressions;
using KvStore.Http.Page;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http.Endpoints;

/// <summary>The page of the cluster as files; what it does in a browser is in <c>KvStore.Specs/Page</c>.</summary>
public sealed partial class PageEndpointsSpecs : IAsyncLifetime
{
    private static readonly HttpClient Client = new();

    private EdgeHost? _edge;

    /// <summary>The paths of all files, the start first.</summary>
    private static IEnumerable<string> Paths =>
        PageFile.ReadAll().Select(file => file.Key == "index.html" ? "/" : $"/page/{file.Key}").OrderBy(path => path.Length);

    public async Task InitializeAsync() =>
        _edge = await EdgeHost.StartAsync(new MemoryKeys(1), new MemoryKeys(1), Edges.View(1, Edges.Self));

    public async Task DisposeAsync() => await _edge!.DisposeAsync();

    [Theory]
    [InlineData("/", "text/html; charset=utf-8")]
    [InlineData("/page/page.css", "text/css; charset=utf-8")]
    [InlineData("/page/page.js", "text/javascript; charset=utf-8")]
    [InlineData("/page/icon.svg", "image/svg+xml")]
    public async Task A_file_comes_with_its_type_and_with_what_guards_its_reader(string path, string type)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
        var policy = Header(answer, "Content-Security-Policy").Split("; ");
        Assert.Superset(new HashSet<string>(["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]), policy.ToHashSet());
        Assert.DoesNotContain(policy, directive => directive.Contains("unsafe", StringComparison.Ordinal));
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("no-cache", Header(answer, "Cache-Control"));
    }

    [Fact]
    public async Task A_file_that_has_not_changed_is_not_sent_again()
    {
        var tags = new HashSet<string>();
        foreach (var path in Paths)
        {
            using var whole = await SendAsync(HttpMethod.Get, path);
            var tag = whole.Headers.ETag!.ToString();
            using var again = await SendAsync(HttpMethod.Get, path, tag);
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
            Assert.Empty(await again.Content.ReadAsByteArrayAsync());
            Assert.Equal((tag, "no-cache"), (again.Headers.ETag!.ToString(), Header(again, "Cache-Control")));
            using var other = await SendAsync(HttpMethod.Get, path, "\"other\"");
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
            Assert.True(tags.Add(tag), $"{path} has the tag of another file");
        }
    }

    [Fact]
    public async Task HEAD_has_the_headers_of_GET_and_no_body()
    {
        foreach (var path in Paths)
        {
            using var get = await SendAsync(HttpMethod.Get, path);
            using var head = await SendAsync(HttpMethod.Head, path);
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.Equal(get.Headers.ETag, head.Headers.ETag);
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Equal((await get.Content.ReadAsByteArrayAsync()).Length, head.Content.Headers.ContentLength);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("/page/none.js")]
    [InlineData("/page/index.html")]
    [InlineData("/page/PAGE.JS")]
    [InlineData("/page/")]
    [InlineData("/page")]
    [InlineData("/page/..%2Fappsettings.json")]
    [InlineData("/index.html")]
    public async Task What_is_no_file_of_the_page_is_not_found(string path)
    {
        var answer = await RawHttp.GetAsync(_edge!.BaseAddress, path);
        Assert.Equal(404, answer.Status);
        Assert.Contains("application/problem+json", answer.Head, StringComparison.Ordinal);
        Assert.Contains("/problems/no-such-path", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_only_read()
    {
        using var answer = await SendAsync(HttpMethod.Post, "/");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Every_file_that_a_file_names_is_there()
    {
        var named = new HashSet<string>(["/"]);
        foreach (var path in Paths)
        {
            var text = await ReadAsync(path);
            named.UnionWith(Import().Matches(text).Select(match => $"/page/{match.Groups[1].Value}"));
            named.UnionWith(Reference().Matches(text).Select(match => $"/{match.Groups[1].Value}"));
        }

        Assert.Equal(Paths.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_file_names_anything_outside_or_runs_what_is_not_a_file()
    {
        foreach (var path in Paths)
        {
            var text = await ReadAsync(path);

            // The name of a format, which nobody fetches.
            var foreign = text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            Assert.DoesNotMatch(OutsideAddress(), foreign);
            Assert.DoesNotMatch(InlineCode(), text);
            Assert.DoesNotMatch(MarkupFromText(), text);
        }
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));

    private async Task<string> ReadAsync(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_edge!.BaseAddress, path));
        if (ifNoneMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        }

        return await Client.SendAsync(request);
    }

    [GeneratedRegex("""from "\./([^"]+)";""")]
    private static partial Regex Import();

    [GeneratedRegex("(?:href|src)=\"(page/[^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("""(?:https?:)?//[\w.-]+\.\w|@import|url\(""")]
    private static partial Regex OutsideAddress();

    [GeneratedRegex("""<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=["']|javascript:""")]
    private static partial Regex InlineCode();

    [GeneratedRegex("""innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML""")]
    private static partial Regex MarkupFromText();
}
