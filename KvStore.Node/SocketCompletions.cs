namespace KvStore.Node;

/// <summary>
/// Where the runtime does what follows when a socket is ready. By default its one thread that listens to the kernel gives each to
/// the pool; inline, it has one such thread a core, and they go on by themselves. Kestrel only receives there, and its requests run
/// on the pool all the same; what else follows a socket must be short and must not block: Npgsql's readers, and with them the
/// group-commit writer. Requests themselves stay off these threads
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
}
