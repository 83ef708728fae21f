using System.Collections.Frozen;
using KvStore.Http.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Page;

/// <summary>
/// The page of the cluster for people: <c>/</c>, and below <c>/page/</c> what it is made of. It is a client of this server
/// like any other, so there is nothing here but files.
/// </summary>
internal static class PageEndpoints
{
    private const string Start = "index.html";

    // The page shows names and values that others wrote. Should one of them ever get into its markup, it must do nothing.
    private const string Policy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    private static readonly FrozenDictionary<string, PageFile> Files = PageFile.ReadAll().ToFrozenDictionary(StringComparer.Ordinal);

    public static void MapKvStorePage(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/", Methods, (HttpContext context) => Serve(context, Files[Start]));

        // The start is not here too: what it names, it names as seen from "/".
        endpoints.MapMethods("/page/{file}", Methods, (HttpContext context, string file) =>
            file != Start && Files.TryGetValue(file, out var found) ? Serve(context, found) : Results.NotFound());
    }

    private static IResult Serve(HttpContext context, PageFile file)
    {
        var headers = context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] = Policy;
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // A node of another version may answer the next time: the parts of the page must be of one.
        headers[HeaderNames.CacheControl] = KvStoreHeaders.NoCache;
        return Results.Bytes(file.Content, file.ContentType, entityTag: file.Tag);
    }
}
