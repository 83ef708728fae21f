namespace KvStore.Node;

/// <summary>
/// Where the runtime does what follows when a socket is ready. By default its one thread that listens to the kernel gives each to
/// the pool; inline, it has one such thread a core, and they go on by themselves. Kestrel only receives there, and its requests run
/// on the pool all the same. What follows an answer of PostgreSQL goes on there too, the group-commit writer, leases and listings, and
/// so does what came by a link of another node (<c>NodeLink</c>, which leaves now and then): it must be short, and must not block, or
/// leave before (<see cref="LeaveAsync"/>). Requests of clients stay off these threads
/// (<c>SocketTransportOptions.UnsafePreferInlineScheduling</c>): a client that pipelines without end would keep one for itself, and
/// with it all other connections of it, those to other nodes too.
/// </summary>
internal static class SocketCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>The runtime reads it at its first socket. Who starts the node has the last word.</summary>
    public static void PreferInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }

    /// <summary>Goes on on a thread of the pool, for what may take long or wait for a socket: on one of these it could wait for itself.</summary>
    public static async ValueTask LeaveAsync()
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            await Task.Yield();
        }
    }
}
