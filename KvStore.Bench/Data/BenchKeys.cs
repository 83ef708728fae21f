using System.Globalization;

namespace KvStore.Bench.Data;

/// <summary>Names of keys. The Lua scripts make the same ones.</summary>
internal static class BenchKeys
{
    /// <summary>Of one width, so that the order of the numbers is that of the keys.</summary>
    public static string Of(long number) => string.Create(CultureInfo.InvariantCulture, $"k{number:00000000}");
}
