using System.Text;

namespace KvStore.Bench.Peers;

/// <summary>A request as a dialect says it.</summary>
internal readonly record struct WireRequest(string Method, string Path, string? Body = null)
{
    public HttpRequestMessage ToMessage(Uri server, Version version) => new(new HttpMethod(Method), new Uri(server, Path))
    {
        Content = Body is null ? null : new StringContent(Body, Encoding.UTF8, "application/json"),
        Version = version,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>The same over HTTP/1.1 on a connection that stays.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(Body is null
        ? $"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        : $"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(Body)}\r\n\r\n{Body}");
}
