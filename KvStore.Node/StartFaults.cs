using System.Net;
using System.Net.Sockets;
using KvStore.Node.Config;

namespace KvStore.Node;

/// <summary>Turns what the libraries throw when a node starts into what its operator has to change.</summary>
internal static class StartFaults
{
    /// <returns>Null for a fault that no setting explains.</returns>
    public static string? Explain(Exception fault, NodeOptions options, IReadOnlyCollection<string> urls)
    {
        var chain = Chain(fault).ToList();
        var socket = chain.OfType<SocketException>().FirstOrDefault();
        var cluster = options.Cluster;
        if (chain.Any(cause => cause.GetType().Namespace?.StartsWith("Akka", StringComparison.Ordinal) == true
            || cause.GetType().Namespace?.StartsWith("DotNetty", StringComparison.Ordinal) == true))
        {
            var why = socket?.SocketErrorCode == SocketError.AddressAlreadyInUse ? "the port is in use" : socket?.Message ?? chain[^1].Message;
            return $"KvStore:Cluster:Port: cannot listen on {cluster.Hostname}:{cluster.Port} for other nodes: {why}.";
        }

        if (chain.Any(cause => cause is IOException) || socket is not null)
        {
            var why = socket?.SocketErrorCode == SocketError.AddressAlreadyInUse ? "the port is in use" : chain[0].Message;
            return $"ASPNETCORE_URLS: cannot listen on {string.Join(";", urls)} for HTTP: {why}.";
        }

        return fault is FormatException or InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" }
            ? $"ASPNETCORE_URLS: {string.Join(";", urls)}: {fault.Message}"
            : null;
    }

    private static IEnumerable<Exception> Chain(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
