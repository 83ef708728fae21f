using System.Collections.Concurrent;
using KvStore.Specs.Support.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KvStore.Specs.Node.Diagnostics;

/// <summary>Takes what nodes export by OTLP over HTTP, and keeps the spans.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentDictionary<string, int> _requests = new();
    private readonly WebApplication _app;

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", ReceiveAsync);
    }

    public string Address => _app.Urls.Single();

    public IReadOnlyCollection<ReceivedSpan> Spans => _spans;

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <param name="signal">traces, metrics or logs.</param>
    public int RequestsOf(string signal) => _requests.GetValueOrDefault(signal);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(string signal, HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _requests.AddOrUpdate(signal, 1, (_, count) => count + 1);
        if (signal != "traces")
        {
            return;
        }

        foreach (var resource in TraceExport.Parser.ParseFrom(body.ToArray()).ResourceSpans)
        {
            var node = resource.Resource.Attributes.Single(attribute => attribute.Key == "service.instance.id").Value.StringValue;
            foreach (var span in resource.ScopeSpans.SelectMany(scope => scope.Spans))
            {
                _spans.Enqueue(new ReceivedSpan(node, span));
            }
        }
    }
}

/// <param name="Node">The node that exported it.</param>
internal sealed record ReceivedSpan(string Node, Span Span)
{
    public string Trace => Span.TraceId.ToBase64();

    public bool IsChildOf(ReceivedSpan parent) => Span.ParentSpanId.Equals(parent.Span.SpanId) && Trace == parent.Trace;

    public string? Tag(string key) => Span.Attributes.FirstOrDefault(attribute => attribute.Key == key)?.Value.StringValue;
}
