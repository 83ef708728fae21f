using System.Net;

namespace KvStore.Specs.Http;

/// <summary>The contract about guards as a client sees it; see <see cref="HttpContractSpecs"/>.</summary>
public abstract class HttpGuardContractSpecs : HttpContract
{
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
        var problem = await ProblemAsync(stale, HttpStatusCode.PreconditionFailed, "precondition-failed");
        Assert.Equal(7, problem.GetProperty("expectedVersion").GetInt32());
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
}
