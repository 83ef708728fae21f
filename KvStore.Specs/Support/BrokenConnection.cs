using System.Net.Sockets;

namespace KvStore.Specs.Support;

/// <summary>How <see cref="HttpClient"/> says that the other side could not be reached, or went away.</summary>
internal static class BrokenConnection
{
    /// <summary>The latter, unwrapped, where a connection ends in the moment in which it came about: nothing was sent on it.</summary>
    public static bool Is(Exception fault) => fault is HttpRequestException or SocketException;
}
