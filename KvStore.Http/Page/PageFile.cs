using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Page;

/// <summary>One file of the page, as it lies in this assembly.</summary>
/// <param name="Tag">Changes exactly when the content does, on whichever node.</param>
internal sealed record PageFile(ReadOnlyMemory<byte> Content, string ContentType, EntityTagHeaderValue Tag)
{
    // How the project file names what it embeds.
    private const string ResourcePrefix = "page/";

    /// <summary>All of them, by their names without a folder.</summary>
    public static IEnumerable<KeyValuePair<string, PageFile>> ReadAll() =>
        from resource in typeof(PageFile).Assembly.GetManifestResourceNames()
        where resource.StartsWith(ResourcePrefix, StringComparison.Ordinal)
        select KeyValuePair.Create(resource[ResourcePrefix.Length..], Read(resource));

    private static PageFile Read(string resource)
    {
        using var stream = typeof(PageFile).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16));
        return new PageFile(content, ContentTypeOf(resource), new EntityTagHeaderValue($"\"{hash}\""));
    }

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var ending => throw new InvalidOperationException($"No content type is known for '{ending}', the ending of '{name}'."),
    };
}
