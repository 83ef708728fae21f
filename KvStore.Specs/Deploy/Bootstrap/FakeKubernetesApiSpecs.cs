using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>The fake refuses what an API server refuses, and lists what it lists.</summary>
public sealed class FakeKubernetesApiSpecs : IAsyncLifetime
{
    private const string Path = $"/api/v1/namespaces/{FakeKubernetesApi.Namespace}/pods";
    private FakeKubernetesApi _api = null!;

    public async Task InitializeAsync() => _api = await FakeKubernetesApi.StartAsync(IPAddress.Loopback);

    public Task DisposeAsync() => _api.DisposeAsync().AsTask();

    [Fact]
    public async Task Pods_of_the_namespace_are_listed_by_their_labels()
    {
        var pod = new FakePod("kvstore-0", "10.0.0.7");
        _api.Pods =
        [
            pod with { IsTerminating = true },
            pod with { Name = "other", App = "other" },
            pod with { Name = "elsewhere", Namespace = "elsewhere" },
        ];

        var list = await (await GetAsync($"{Path}?labelSelector=app%3Dkvstore&watch=false")).Content.ReadFromJsonAsync<JsonElement>();

        var listed = Assert.Single(list.GetProperty("items").EnumerateArray());
        Assert.Equal("kvstore-0", listed.GetProperty("metadata").GetProperty("name").GetString());
        Assert.True(listed.GetProperty("metadata").TryGetProperty("deletionTimestamp", out _));
        Assert.Equal("10.0.0.7", listed.GetProperty("status").GetProperty("podIP").GetString());
        var container = listed.GetProperty("spec").GetProperty("containers")[0];
        Assert.Contains(container.GetProperty("ports").EnumerateArray(), port => port.GetProperty("name").GetString() == "management");
    }

    [Fact]
    public async Task Who_has_no_right_to_it_is_refused()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(Path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(Path, token: "another")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync("/api/v1/namespaces/elsewhere/pods")).StatusCode);
        _api.IsListingAllowed = false;
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(Path)).StatusCode);
        Assert.Equal([200, 401, 403, 403], _api.Requests.Select(asked => asked.Status));
    }

    [Fact]
    public async Task What_it_does_not_know_it_does_not_guess()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/api/v1/pods")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync($"{Path}?labelSelector=app%20in%20(kvstore)")).StatusCode);
    }

    [Fact]
    public async Task Who_does_not_trust_its_authority_gets_no_answer()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri(_api.Address, Path)));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? token = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { X509Certificate2.CreateFromPem(_api.Account.AuthorityPem) },
        };
        using var http = new HttpClient(handler) { BaseAddress = _api.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token ?? _api.Account.Token);
        return await http.GetAsync(path);
    }
}
