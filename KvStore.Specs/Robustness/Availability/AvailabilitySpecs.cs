using System.Globalization;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Robustness.Availability;

/// <summary>
/// The measurement as a spec, for when <c>KVSTORE_SPECS_SCALE=1</c> asks for it: it takes minutes, and its figures mean
/// something only on a machine that has nothing else to do. <c>KVSTORE_SPECS_ROUNDS</c> sets the rounds.
/// </summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class AvailabilitySpecs(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Clients_wait_no_longer_than_promised_when_nodes_die_or_are_restarted()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("KVSTORE_SPECS_SCALE") == "1", "It is run with KVSTORE_SPECS_SCALE=1.");
        var rounds = int.Parse(Environment.GetEnvironmentVariable("KVSTORE_SPECS_ROUNDS") ?? "3", CultureInfo.InvariantCulture);
        await using var lines = new StringWriter(CultureInfo.InvariantCulture);
        try
        {
            var table = await AvailabilityRuns.RunAsync(rounds, TextWriter.Synchronized(lines), CancellationToken.None);
            Assert.Empty(table.Missed());
        }
        finally
        {
            output.WriteLine(lines.ToString());
        }
    }
}
