using System.Diagnostics;

namespace KvStore.Bench.Peers;

/// <summary>How programs for .NET are started here.</summary>
internal static class DotNet
{
    public static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Settings of whoever runs the bench are not for what it measures.</summary>
    public static void CleanEnvironment(ProcessStartInfo start, bool isHttp2)
    {
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        if (isHttp2)
        {
            // Without TLS nothing can be negotiated: such an endpoint speaks the one or the other.
            start.Environment["Kestrel__EndpointDefaults__Protocols"] = "Http2";
        }
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("KvStore__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Kestrel__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DOTNET_Tiered", StringComparison.OrdinalIgnoreCase)
        || name.Equals("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase);
}
