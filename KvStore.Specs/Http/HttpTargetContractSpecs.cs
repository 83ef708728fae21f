using System.Text.Json;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http;

/// <summary>The contract about targets and framing, by hand: a client library would rewrite most of these before sending them.</summary>
public abstract class HttpTargetContractSpecs
{
    private readonly string _run = $"raw-{Guid.NewGuid():N}";

    protected abstract Uri BaseAddress { get; }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a/b", "a%2fb")]
    [InlineData("a%252Fb", "a%252Fb")]
    [InlineData("a+b", "a%2Bb")]
    [InlineData("%F0%9F%98%80", "%f0%9f%98%80")]
    [InlineData("a//b/", "a%2F%2Fb%2F")]
    [InlineData("a%23%3F%25", "a%23%3f%25")]
    [InlineData("a;b=c", "a%3Bb%3Dc")]
    public async Task One_key_has_many_spellings(string written, string read)
    {
        await PutAsync(written);
        var answer = await RawHttp.GetAsync(BaseAddress, $"/kv/{_run}{read}");
        Assert.Equal(200, answer.Status);
        var key = JsonDocument.Parse(answer.Body).RootElement.GetProperty("key").GetString();
        Assert.Equal(Uri.UnescapeDataString(_run + read), key);
    }

    [Theory]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a+b", "a%20b")]
    [InlineData("a", "A")]
    [InlineData("e%CC%81", "%C3%A9")]
    public async Task Different_keys_stay_different(string written, string other)
    {
        await PutAsync(written);
        Assert.Equal(404, (await RawHttp.GetAsync(BaseAddress, $"/kv/{_run}{other}")).Status);
    }

    [Theory]
    [InlineData("/kv/")]
    [InlineData("/kv/.")]
    [InlineData("/kv/..")]
    [InlineData("/kv/../cluster")]
    [InlineData("/kv/a/../b")]
    [InlineData("/kv/%2e%2e")]
    [InlineData("/kv/a%2F..%2Fb")]
    [InlineData("/kv/a/%2E")]
    [InlineData("/kv/a%0Ab")]
    [InlineData("/kv/%7F")]
    [InlineData("/kv/%zz")]
    [InlineData("/kv/a%2")]
    [InlineData("/kv/%C3%28")]
    [InlineData("/kv/%ED%A0%80")]
    public async Task What_is_no_key_is_a_problem(string target)
    {
        var answer = await RawHttp.GetAsync(BaseAddress, target);
        Assert.Equal(400, answer.Status);
        Assert.Contains("application/problem+json", answer.Head, StringComparison.Ordinal);
        Assert.Contains("/problems/bad-key", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/kv/%00")]
    [InlineData("/kv/é")]
    public async Task What_the_server_itself_refuses_is_400_too(string target) =>
        Assert.Equal(400, (await RawHttp.GetAsync(BaseAddress, target)).Status);

    [Fact]
    public async Task A_key_has_up_to_512_bytes_however_it_is_sent()
    {
        Assert.Equal(404, (await RawHttp.GetAsync(BaseAddress, $"/kv/{new string('a', 512)}")).Status);
        Assert.Equal(400, (await RawHttp.GetAsync(BaseAddress, $"/kv/{new string('a', 513)}")).Status);
        var longest = string.Concat(Enumerable.Repeat("%C3%A9", 256));
        Assert.Equal(404, (await RawHttp.GetAsync(BaseAddress, $"/kv/{longest}")).Status);
        Assert.Equal(400, (await RawHttp.GetAsync(BaseAddress, $"/kv/{longest}a")).Status);
    }

    [Fact]
    public async Task A_target_in_absolute_form_names_the_same_key()
    {
        await PutAsync("abs");
        Assert.Equal(200, (await RawHttp.GetAsync(BaseAddress, $"http://{BaseAddress.Authority}/kv/{_run}abs?x=1")).Status);
        Assert.Equal(400, (await RawHttp.GetAsync(BaseAddress, $"http://{BaseAddress.Authority}/kv/a/../b")).Status);
    }

    [Fact]
    public async Task Content_location_leads_back_to_the_key()
    {
        var answer = await RawHttp.SendAsync(BaseAddress, $"PUT /kv/{_run}/a%20%22%F0%9F%98%80%25 HTTP/1.1\r\nContent-Length: 1\r\n\r\n1");
        var location = answer.Head.Split("\r\n").Single(line => line.StartsWith("Content-Location: ", StringComparison.Ordinal))[18..];
        Assert.Equal(200, (await RawHttp.GetAsync(BaseAddress, location)).Status);
        Assert.Contains("a \\\"😀%\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_announced_too_large_is_refused_before_it_is_sent()
    {
        var answer = await RawHttp.SendAsync(
            BaseAddress, $"PUT /kv/{_run} HTTP/1.1\r\nContent-Length: 999999999999\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(413, answer.Status);
    }

    [Fact]
    public async Task A_body_in_chunks_of_one_byte_is_read()
    {
        var answer = await RawHttp.SendAsync(
            BaseAddress, $"PUT /kv/{_run}chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Contains("\"value\":[]", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_in_lower_case_is_another_method() =>
        Assert.Equal(405, (await RawHttp.SendAsync(BaseAddress, $"head /kv/{_run} HTTP/1.1\r\n\r\n")).Status);

    [Fact]
    public async Task A_broken_chunk_is_a_problem()
    {
        var answer = await RawHttp.SendAsync(BaseAddress, $"PUT /kv/{_run} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        Assert.Equal(400, answer.Status);
        Assert.Contains("/problems/bad-request", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/KV")]
    [InlineData("/KV/a")]
    [InlineData("/nothing")]
    public async Task An_unknown_path_is_a_problem(string target)
    {
        var answer = await RawHttp.GetAsync(BaseAddress, target);
        Assert.Equal(404, answer.Status);
        Assert.Contains("/problems/no-such-path", answer.Body, StringComparison.Ordinal);
    }

    private async Task PutAsync(string key)
    {
        var stored = await RawHttp.SendAsync(BaseAddress, $"PUT /kv/{_run}{key} HTTP/1.1\r\nContent-Length: 1\r\n\r\n1");
        Assert.Equal(200, stored.Status);
    }
}
