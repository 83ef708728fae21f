using System.Collections.Concurrent;
using System.Net;
using KvStore.Http.Page;
using KvStore.Specs.Http.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KvStore.Specs.Page;

/// <summary>The page over a cluster that is what the spec says: for what real nodes do rarely or never.</summary>
internal sealed class ScriptedPage : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _asked = new();

    private ScriptedPage()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseRouting();
        _app.MapKvStorePage();
        _app.MapGet("/cluster", context => AnswerAsync(context, Cluster()));
        _app.MapGet("/kv", context => AnswerAsync(context, Keys(context.Request.Query["prefix"].ToString())));
    }

    /// <summary>Status and body of the next answer to <c>/cluster</c>.</summary>
    public Func<(int Status, string Body)> Cluster { get; set; } = () => (StatusCodes.Status200OK, Document(members: [], shards: []));

    /// <summary>The same of a listing, by its prefix.</summary>
    public Func<string, (int Status, string Body)> Keys { get; set; } = _ => (StatusCodes.Status200OK, "");

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public int Asked(string path) => _asked.Count(asked => asked == path);

    public static async Task<ScriptedPage> StartAsync()
    {
        var page = new ScriptedPage();
        await page._app.StartAsync();
        return page;
    }

    public static string Document(IEnumerable<string> members, IEnumerable<string> shards) =>
        $$"""
        {"node":{"name":"{{Edges.Self}}","address":"a","http":"http://a:7000"},"members":[{{string.Join(',', members)}}],
        "countedAt":null,"shards":[{{string.Join(',', shards)}}]}
        """;

    /// <param name="name">As it stands between the quotes of a JSON text.</param>
    /// <param name="more">Further members of the object, which replace those before them.</param>
    public static string Member(string name, string address, string more = "\"leaseValid\":true") =>
        $$"""
        {"name":"{{name}}","address":"{{address}}","http":"http://{{address}}:7000","status":"Up","roles":[],"reachable":true,
        "liveKeys":1,"heldShards":1,"queuedRows":0,"commits":0,{{more}}}
        """;

    /// <summary>The member's account of its requests since its start: up to 10 ms, up to 20 ms, longer.</summary>
    public static string Requests(params int[] counts) =>
        $$"""
        "leaseValid":true,"requests":{"count":{{counts.Sum()}},"boundsSeconds":[0.01,0.02],"counts":[{{string.Join(',', counts)}}]}
        """;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, (int Status, string Body) answer)
    {
        _asked.Enqueue(context.Request.Path);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Body);
    }
}
