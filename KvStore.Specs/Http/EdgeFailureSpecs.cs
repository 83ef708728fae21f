using System.Diagnostics;
using System.Net;
using System.Text.Json;
using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http;

/// <summary>What a client sees when things go wrong behind the edge; the gateway answers as the spec tells it.</summary>
public sealed class EdgeFailureSpecs
{
    private static readonly HttpClient Client = new();

    [Fact]
    public async Task A_write_that_was_refused_says_that_nothing_happened()
    {
        using var answer = await PutAsync(new Refused(RefusalReason.OwnershipMoving, null, Edges.Self));
        var problem = await ProblemAsync(answer, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(("not-applied", Edges.Other), (problem.GetProperty("outcome").GetString(), problem.GetProperty("node").GetString()));
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("KvStore-Node"));
    }

    [Fact]
    public async Task A_store_that_is_gone_is_no_nodes_fault()
    {
        using var answer = await PutAsync(new Refused(RefusalReason.StoreUnavailable, null, Edges.Self));
        Assert.False((await ProblemAsync(answer, HttpStatusCode.ServiceUnavailable)).TryGetProperty("node", out _));
    }

    [Fact]
    public async Task An_unknown_outcome_is_said_to_be_unknown()
    {
        using var answer = await PutAsync(new OutcomeUnknown(Edges.Other, Edges.Self));
        var problem = await ProblemAsync(answer, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(("unknown", Edges.Other), (problem.GetProperty("outcome").GetString(), problem.GetProperty("node").GetString()));
    }

    [Fact]
    public async Task A_full_queue_is_429()
    {
        using var answer = await PutAsync(new Busy("500 writes wait for this key", Edges.Other));
        Assert.Equal("not-applied", (await ProblemAsync(answer, HttpStatusCode.TooManyRequests)).GetProperty("outcome").GetString());
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task A_stale_answer_is_marked_and_kept_by_nobody()
    {
        await using var edge = await StartAsync(new ScriptedGateway((message, _) =>
            ValueTask.FromResult<KeyReply>(new Found(new KeyVersion(1), JsonText.Of("1"), ((GetValue)message).AllowStale, Edges.Self))));
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, "/kv/a?consistency=stale"));
        Assert.Equal("stale", Assert.Single(answer.Headers.GetValues("KvStore-Consistency")));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_bug_shows_its_request_id_and_nothing_else()
    {
        await using var edge = await StartAsync(new ScriptedGateway((_, _) => throw new InvalidOperationException("a secret")));
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, "/kv/a"));
        var problem = await ProblemAsync(answer, HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("request id", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_ends_the_wait()
    {
        var arrived = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var edge = await StartAsync(new ScriptedGateway(async (_, aborted) =>
        {
            aborted.Register(ended.SetResult);
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, aborted);
            throw new UnreachableException();
        }));
        using var hangUp = new CancellationTokenSource();
        var waiting = Client.GetAsync(new Uri(edge.BaseAddress, "/kv/a"), hangUp.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task What_is_answered_here_is_not_sent_and_only_reads_are()
    {
        await using var edge = await StartAsync(new ScriptedGateway((message, _) => ValueTask.FromResult<KeyReply>(
            message is DeleteKey ? new Deleted(new KeyVersion(9), Edges.Other) : new Stored(new KeyVersion(8), null, Edges.Other)))
        {
            Here = (_, precondition) => precondition.Judge(new KeyVersion(7)) == GuardVerdict.Holds
                ? new Found(new KeyVersion(7), JsonText.Of("1"), Stale: false, Edges.Self)
                : new NotModified(new KeyVersion(7), Stale: false, Edges.Self),
        });
        var uri = new Uri(edge.BaseAddress, "/kv/a");

        Assert.Equal("{\"key\":\"a\",\"value\":1,\"version\":7}", await Client.GetStringAsync(uri));
        using var unchanged = new HttpRequestMessage(HttpMethod.Head, uri) { Headers = { { "If-None-Match", "\"7\"" } } };
        using var answer = await Client.SendAsync(unchanged);
        Assert.Equal((HttpStatusCode.NotModified, "\"7\""), (answer.StatusCode, answer.Headers.ETag!.Tag));
        using var malformed = new HttpRequestMessage(HttpMethod.Get, uri);
        Assert.True(malformed.Headers.TryAddWithoutValidation("If-Match", "7"));
        using var refused = await Client.SendAsync(malformed);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using var put = await Client.PutAsync(uri, new StringContent("2"));
        Assert.Equal("8", Assert.Single(put.Headers.GetValues("KvStore-Version")));
        using var deleted = await Client.DeleteAsync(uri);
        Assert.Equal("9", Assert.Single(deleted.Headers.GetValues("KvStore-Version")));
    }

    [Fact]
    public async Task An_absent_key_is_answered_here_too()
    {
        await using var edge = await StartAsync(new ScriptedGateway((_, _) => throw new InvalidOperationException("it was sent"))
        {
            Here = (_, _) => new Absent(Stale: false, Edges.Self),
        });
        using var answer = await Client.GetAsync(new Uri(edge.BaseAddress, "/kv/a"));
        await ProblemAsync(answer, HttpStatusCode.NotFound);
        Assert.Equal("0", Assert.Single(answer.Headers.GetValues("KvStore-Version")));
    }

    [Fact]
    public async Task A_request_carries_its_trace_along()
    {
        var keys = new MemoryKeys(1);
        await using var edge = await StartAsync(keys);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(edge.BaseAddress, "/kv/a"));
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        request.Headers.Add("tracestate", "vendor=1");
        using var listener = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        using var answer = await Client.SendAsync(request);
        var context = Assert.Single(keys.Received).Context;
        Assert.Contains(Trace, context.TraceParent, StringComparison.Ordinal);
        Assert.Equal("vendor=1", context.TraceState);
        Assert.NotEmpty(context.RequestId);
    }

    private static async Task<HttpResponseMessage> PutAsync(KeyReply reply)
    {
        await using var edge = await StartAsync(new ScriptedGateway(reply));
        return await Client.PutAsync(new Uri(edge.BaseAddress, "/kv/a"), new StringContent("1"));
    }

    private static Task<EdgeHost> StartAsync(IKeyGateway gateway) =>
        EdgeHost.StartAsync(gateway, new MemoryKeys(1), Edges.View(1, Edges.Other));

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
