using System.Text.Json;

namespace KvStore.Bench.Report;

/// <summary>For programs: every figure of every round.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void Write(string file, BenchReport report) => File.WriteAllText(file, JsonSerializer.Serialize(report, Options));
}
