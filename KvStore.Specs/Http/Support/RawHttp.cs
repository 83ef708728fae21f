using System.Net.Sockets;
using System.Text;

namespace KvStore.Specs.Http.Support;

/// <summary>HTTP by hand, for what a client library would tidy up before it goes out.</summary>
internal sealed record RawHttp(int Status, string Head, string Body)
{
    public static Task<RawHttp> GetAsync(Uri server, string target) => SendAsync(server, $"GET {target} HTTP/1.1\r\n\r\n");

    /// <summary>Sends a request, to which the host and the wish to close are added, and reads to the end.</summary>
    public static async Task<RawHttp> SendAsync(Uri server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        var stream = client.GetStream();
        var lineEnd = request.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        var whole = $"{request[..lineEnd]}Host: {server.Authority}\r\nConnection: close\r\n{request[lineEnd..]}";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(whole));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = await reader.ReadToEndAsync(limit.Token);
        var headEnd = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return headEnd < 0
            ? throw new IOException($"No answer, but: '{text}'")
            : new RawHttp(int.Parse(text.AsSpan(9, 3)), text[..headEnd], text[(headEnd + 4)..]);
    }
}
