using KvStore.Bench.Data;

namespace KvStore.Bench.Load;

/// <summary>As the Lua script names them.</summary>
internal enum Operation
{
    Get,
    Put,

    /// <summary>PUT of a key that nobody has used.</summary>
    Create,

    /// <summary>Nine reads to a write.</summary>
    Mix,
    Patch,

    /// <summary>PUT with If-Match of the version that was seen last.</summary>
    Increment,
}

/// <summary>What clients do.</summary>
/// <param name="Keys">Of how many keys each request picks one, all alike.</param>
/// <param name="Stride">Distance of neighbours among the stored keys.</param>
internal sealed record Workload(Operation Operation, long Keys, int ValueBytes = BenchValues.SmallBytes, long Stride = 1)
{
    /// <summary>Whether each key must be asked for before figures count: it then lives in memory.</summary>
    public bool TouchesAll { get; init; }
}
