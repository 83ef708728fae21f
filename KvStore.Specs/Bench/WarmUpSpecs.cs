using System.Collections.Immutable;
using System.Net;
using KvStore.Bench.Runs;
using KvStore.Bench.Support;
using KvStore.Specs.Support;

namespace KvStore.Specs.Bench;

[Collection(ClusterOfProcessesCollection.Name)]
public sealed class WarmUpSpecs
{
    [Theory]
    [InlineData(false)]
    [InlineData(false, 100.0, 100.0, 100.0)]
    [InlineData(true, 100.0, 100.0, 100.0, 100.0)]
    [InlineData(true, 100.0, 101.0, 102.0, 103.0)]
    [InlineData(false, 100.0, 104.0, 100.0, 100.0)]
    [InlineData(false, 100.0, 110.0, 90.0, 90.0, 120.0)]
    [InlineData(true, 100.0, 110.0, 120.0, 121.0, 60.0, 122.0)]
    public void A_peer_is_warm_when_three_turns_in_a_row_are_no_faster_than_those_before(bool isOver, params double[] perSecond) =>
        Assert.Equal(isOver, WarmUp.IsOver([.. perSecond.Select(figure => new WarmUp.Turn(figure, Compiling: 0.02))]));

    [Fact]
    public void A_peer_that_compiles_is_not_warm_yet()
    {
        var warm = new WarmUp.Turn(100, Compiling: 0);
        Assert.False(WarmUp.IsOver([warm, warm, warm, warm with { Compiling = 0.1 }]));
        Assert.True(WarmUp.IsOver([warm, warm with { Compiling = 0.1 }, warm, warm]));
    }

    [Fact]
    public async Task The_thread_that_compiles_is_found_by_its_name()
    {
        using var storage = StorageUnderTest.Sqlite();
        var port = FreePorts.Next();
        await using var node = NodeProcess.Start(new NodeProcessSettings(
            "node-0", FreePorts.Next(), port, [port], storage, ImmutableDictionary<string, string>.Empty));
        await node.BecomesReadyAsync();
        // A program that has just started compiles what it calls often.
        await Eventually.HoldsAsync("it compiles", TimeSpan.FromMinutes(1), async cancel =>
            await node.GetStatusAsync("/kv/a", cancel) == HttpStatusCode.NotFound && ProcessUsage.CompilerSeconds(node.ProcessId) > 0);
    }

    [Fact]
    public async Task A_peer_that_gets_faster_for_ever_is_measured_all_the_same()
    {
        var turns = 0;
        await WarmUp.RunAsync(turn => Task.FromResult(new WarmUp.Turn(Math.Pow(2, turns = turn), Compiling: 0)));
        Assert.Equal(WarmUp.MostTurns, turns);
    }
}
