using System.Globalization;
using Xunit.Abstractions;

namespace KvStore.Specs.Original;

/// <summary>A seed for each run, printed; <c>KVSTORE_SPECS_SEED</c> brings a run back.</summary>
internal static class Seeds
{
    private const string Variable = "KVSTORE_SPECS_SEED";

    public static int Next(ITestOutputHelper output)
    {
        var given = Environment.GetEnvironmentVariable(Variable);
        var seed = string.IsNullOrEmpty(given) ? Random.Shared.Next(1_000_000_000) : int.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine($"{Variable}={seed}");
        return seed;
    }
}
