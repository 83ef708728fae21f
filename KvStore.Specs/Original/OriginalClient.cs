using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace KvStore.Specs.Original;

/// <summary>What a node answered, read to its end.</summary>
/// <param name="Node">The value of <c>KvStore-Node</c>, or null where there is none.</param>
internal sealed record Answer(HttpStatusCode Status, string Body, string? Node, string? ETag, string? MediaType)
{
    /// <summary>The members of <c>{"key","value","version"}</c>, the value as it stands in the body.</summary>
    public (string Key, string Value, long Version) Entry
    {
        get
        {
            Assert.True(Status == HttpStatusCode.OK, $"{(int)Status}: {Body}");
            using var document = JsonDocument.Parse(Body);
            var root = document.RootElement;
            return (root.GetProperty("key").GetString()!, root.GetProperty("value").GetRawText(), root.GetProperty("version").GetInt64());
        }
    }

    public long Version => Entry.Version;
}

/// <summary>A client of all nodes: every request goes to the next one.</summary>
internal sealed class OriginalClient : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    private readonly IReadOnlyList<Uri> _nodes;
    private int _next = -1;

    public OriginalClient(IReadOnlyList<Uri> nodes) => _nodes = nodes;

    public IReadOnlyList<Uri> Nodes => _nodes;

    private Uri NextNode => _nodes[(int)((uint)Interlocked.Increment(ref _next) % (uint)_nodes.Count)];

    public Task<Answer> GetAsync(string key, Uri? node = null) => SendAsync(HttpMethod.Get, node, PathOf(key), null);

    public Task<Answer> PutAsync(string key, string json, long? ifVersion = null, Uri? node = null) =>
        SendAsync(HttpMethod.Put, node, PathOf(key, ifVersion), json);

    public Task<Answer> PatchAsync(string key, string json, long? ifVersion = null, Uri? node = null) =>
        SendAsync(HttpMethod.Patch, node, PathOf(key, ifVersion), json);

    /// <summary>Sends a request for a path that is in no need of escapes any more.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, Uri? node, string path, string? json)
    {
        // The path goes out as it is here: as a rule Uri would tidy it up, and some of the keys are about that.
        var asItIs = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var uri = new Uri((node ?? NextNode).GetLeftPart(UriPartial.Authority) + path, asItIs);
        using var request = new HttpRequestMessage(method, uri);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var response = await _http.SendAsync(request);
        return new(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.TryGetValues("KvStore-Node", out var names) ? names.Single() : null,
            response.Headers.ETag?.Tag,
            response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Every line of a listing, in its order.</summary>
    public async Task<IReadOnlyList<(string Key, string? Node)>> ListAsync(string? prefix = null, Uri? node = null)
    {
        var answer = await SendAsync(HttpMethod.Get, node, prefix is null ? "/kv" : "/kv?prefix=" + Uri.EscapeDataString(prefix), null);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("application/x-ndjson", answer.MediaType);
        Assert.True(answer.Body.Length == 0 || answer.Body.EndsWith('\n'), "the last line is not ended");
        return [.. answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseLine)];
    }

    /// <summary>Transactions that all nodes' writers committed, by the account of the nodes themselves.</summary>
    public async Task<long> CommitsAsync()
    {
        using var document = JsonDocument.Parse((await SendAsync(HttpMethod.Get, null, "/cluster", null)).Body);
        return document.RootElement.GetProperty("members").EnumerateArray().Sum(member => member.GetProperty("commits").GetInt64());
    }

    public void Dispose() => _http.Dispose();

    /// <param name="slashes">Leave slashes as they are: <c>a/b</c> and <c>a%2Fb</c> name the same key.</param>
    public static string PathOf(string key, long? ifVersion = null, bool slashes = false)
    {
        var escaped = Uri.EscapeDataString(key);
        var path = "/kv/" + (slashes ? escaped.Replace("%2F", "/", StringComparison.Ordinal) : escaped);
        return ifVersion is { } version ? path + "?ifVersion=" + version.ToString(CultureInfo.InvariantCulture) : path;
    }

    private static (string Key, string? Node) ParseLine(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return (root.GetProperty("key").GetString()!, root.GetProperty("node").GetString());
    }
}
