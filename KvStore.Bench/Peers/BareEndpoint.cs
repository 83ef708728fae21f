using System.Buffers;
using System.Text;
using KvStore.Bench.Data;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KvStore.Bench.Peers;

/// <summary>What KvStore would be without KvStore: Kestrel and a minimal API that answers the same bytes and headers from no store at all.</summary>
internal static class BareEndpoint
{
    private static readonly byte[] BeforeKey = "{\"key\":\""u8.ToArray();
    private static readonly byte[] BeforeValue = "\",\"value\":"u8.ToArray();
    private static readonly byte[] AfterValue = ",\"version\":1}"u8.ToArray();

    /// <summary>Serves until the process is told to end.</summary>
    public static Task ServeAsync(string url, int valueBytes)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", url);
        builder.WebHost.ConfigureKestrel(server => server.AddServerHeader = false);
        // As the node has it.
        builder.WebHost.UseSockets(sockets => sockets.IOQueueCount = 0);
        var app = builder.Build();
        var value = Encoding.UTF8.GetBytes(BenchValues.Of(valueBytes));
        app.MapGet("/kv/{key}", (string key, HttpContext context) => AnswerAsync(context, key, value));
        app.MapPut("/kv/{key}", async (string key, HttpContext context) =>
        {
            var sent = await ReadAsync(context.Request);
            context.Response.Headers.ContentLocation = $"/kv/{key}";
            await AnswerAsync(context, key, sent);
        });
        app.MapGet("/healthz/ready", () => Results.Ok());
        return app.RunAsync();
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        var body = new byte[request.ContentLength ?? 0];
        await request.Body.ReadExactlyAsync(body, request.HttpContext.RequestAborted);
        return body;
    }

    private static Task AnswerAsync(HttpContext context, string key, byte[] value)
    {
        var response = context.Response;
        var headers = response.Headers;
        headers["KvStore-Node"] = "bare";
        headers["KvStore-Version"] = "1";
        headers.ETag = "\"1\"";
        headers.CacheControl = "no-cache";
        headers.ContentType = "application/json";
        headers.ContentLength = BeforeKey.Length + key.Length + BeforeValue.Length + value.Length + AfterValue.Length;
        var body = response.BodyWriter;
        body.Write(BeforeKey);
        Encoding.UTF8.GetBytes(key, body);
        body.Write(BeforeValue);
        body.Write(value);
        body.Write(AfterValue);
        return Task.CompletedTask;
    }
}
