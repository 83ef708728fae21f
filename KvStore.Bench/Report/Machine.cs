using System.Runtime.InteropServices;

namespace KvStore.Bench.Report;

/// <summary>What the figures were measured on.</summary>
internal sealed record Machine(string Processor, int Cores, string System, string Runtime)
{
    private const string CpuInfo = "/proc/cpuinfo";

    public static Machine This { get; } = new(
        File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim() ?? "unknown"
            : "unknown",
        Environment.ProcessorCount,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    public string Describe() => $"{Cores} × {Processor}, {System}, {Runtime}";
}
