using System.Net;
using System.Net.Sockets;

namespace KvStore.Specs.Support;

/// <summary>What to do about a spec whose machine lacks something, such as PostgreSQL's binaries.</summary>
internal static class Requirements
{
    /// <summary>With the value <c>all</c> nothing may be left out: for the build server, where a skipped spec would go unnoticed.</summary>
    public const string Variable = "KVSTORE_SPECS_REQUIRE";

    /// <summary>Skips the running <c>SkippableFact</c>, or fails it where everything is required.</summary>
    public static void Skip(string reason)
    {
        Assert.False(
            Environment.GetEnvironmentVariable(Variable) == "all",
            $"{Variable}=all allows no spec to be skipped, and this one cannot run: {reason}");
        Xunit.Skip.If(true, reason);
    }

    /// <summary>A container's network may have none, and then its loopback has no second address.</summary>
    public static void SkipWithoutIPv6()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
            listener.Start();
        }
        catch (SocketException fault)
        {
            Skip($"there is no IPv6 on this machine: {fault.Message}");
        }
    }

    /// <summary>
    /// Skips the running <c>SkippableFact</c>, also where everything is required: what a registry serves no machine can make up for.
    /// <c>.ci/run</c> knows this reason, and allows it once.
    /// </summary>
    public static void SkipWithoutPackages() => Xunit.Skip.If(true, "packages not in the registry");
}
