using System.Security.Cryptography;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// What both ends of a new connection say, and nothing else before it: the name of what follows, and the token of the process that is
/// meant. Who connects says it first, and nothing more until it was answered; so what is sent by a link was sent to that process.
/// </summary>
internal static class LinkHandshake
{
    /// <summary>Also for whoever connects to the port and says nothing.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private const int GuidBytes = 16;

    private static ReadOnlySpan<byte> Name => "KVLINK1\n"u8;

    /// <exception cref="InvalidDataException">Somebody else listens there.</exception>
    public static async Task AskAsync(Stream stream, Guid token, CancellationToken cancellation)
    {
        await stream.WriteAsync(Hello(token), cancellation).ConfigureAwait(false);
        await ExpectAsync(stream, token, cancellation).ConfigureAwait(false);
    }

    /// <exception cref="InvalidDataException">Somebody connected who means another process, or something else.</exception>
    public static async Task AnswerAsync(Stream stream, Guid token, CancellationToken cancellation)
    {
        await ExpectAsync(stream, token, cancellation).ConfigureAwait(false);
        await stream.WriteAsync(Hello(token), cancellation).ConfigureAwait(false);
    }

    private static async Task ExpectAsync(Stream stream, Guid token, CancellationToken cancellation)
    {
        var hello = Hello(token);
        var said = new byte[hello.Length];
        await stream.ReadExactlyAsync(said, cancellation).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(said, hello))
        {
            throw new InvalidDataException("the other end is not the process that is meant");
        }
    }

    private static byte[] Hello(Guid token)
    {
        var hello = new byte[Name.Length + GuidBytes];
        Name.CopyTo(hello);
        token.TryWriteBytes(hello.AsSpan(Name.Length), bigEndian: true, out _);
        return hello;
    }
}
