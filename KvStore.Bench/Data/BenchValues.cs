namespace KvStore.Bench.Data;

/// <summary>Values: one JSON text for each size, the same for all peers.</summary>
internal static class BenchValues
{
    public const int SmallBytes = 32;
    private const string Head = "{\"text\":\"";
    private const string Tail = "\"}";

    /// <summary>An object of so many bytes; below the length of an empty one a number of one digit.</summary>
    public static string Of(int bytes) =>
        bytes < Head.Length + Tail.Length ? "1" : Head + new string('x', bytes - Head.Length - Tail.Length) + Tail;
}
