using System.Net.Sockets;

namespace KvStore.Specs.Support;

/// <summary>
/// How <see cref="HttpClient"/> says that the other side could not be reached or went away, or, where its caller takes nothing but a
/// success, that it answered something else.
/// </summary>
internal static class BrokenConnection
{
    public static bool Is(Exception fault) => ErrorOf(fault) is not null;

    /// <summary>
    /// What broke; null where it is another fault. It throws a bare <see cref="SocketException"/> where a connection ends as it is
    /// made: nothing was sent on it.
    /// </summary>
    public static HttpRequestError? ErrorOf(Exception fault) => fault switch
    {
        HttpRequestException http => http.HttpRequestError,
        SocketException => HttpRequestError.ConnectionError,
        _ => null,
    };
}
