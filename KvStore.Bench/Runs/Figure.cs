namespace KvStore.Bench.Runs;

/// <summary>One number of a round.</summary>
internal readonly record struct Figure(string Name, double Value);

/// <summary>Names of figures with their units, as tables show them and goals refer to them.</summary>
internal static class Figures
{
    public const string PerSecond = "requests/s";
    public const string P50 = "p50 ms";
    public const string P90 = "p90 ms";
    public const string P99 = "p99 ms";
    public const string P999 = "p99.9 ms";
    public const string Max = "max ms";
    public const string Cpu = "CPU s/1000";
    public const string PeakMemory = "peak MiB";
    public const string Conflicts = "conflicts/s";
    public const string Spread = "p99 : p50";
    public const string Rate = "rate/s";
    public const string KeysPerSecond = "keys/s";
    public const string FirstLine = "first line ms";
    public const string MemoryGrowth = "memory growth MiB";
    public const string Seconds = "s";
    public const string BytesPerActor = "bytes/actor";
    public const string ResidentPerActor = "resident bytes/actor";
}
