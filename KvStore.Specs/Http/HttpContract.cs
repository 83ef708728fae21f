using System.Net;
using System.Text;
using System.Text.Json;

namespace KvStore.Specs.Http;

/// <summary>What all specs of the HTTP contract need: a server, keys of their own, and answers taken apart.</summary>
public abstract class HttpContract
{
    private protected string Run { get; } = $"run-{Guid.NewGuid():N}";

    protected abstract Uri BaseAddress { get; }

    private static HttpClient Client { get; } = new();

    private protected static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

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

    private protected async Task PutAsync(string key, string json)
    {
        using var stored = await SendAsync("PUT", key, json);
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
    }

    private protected Task<HttpResponseMessage> SendAsync(string method, string target, string? body, string contentType) =>
        SendAsync(method, target, body, request =>
        {
            request.Content!.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        });

    private protected async Task<HttpResponseMessage> SendAsync(
        string method, string target, string? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(BaseAddress, $"/kv/{Run}/{target}"));
        request.Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        change?.Invoke(request);
        return await Client.SendAsync(request);
    }
}
