using KvStore.Bench.Runs;

namespace KvStore.Specs.Bench;

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
        Assert.Equal(isOver, WarmUp.IsOver([.. perSecond]));

    [Fact]
    public async Task A_peer_that_gets_faster_for_ever_is_measured_all_the_same()
    {
        var turns = 0;
        await WarmUp.RunAsync(turn => Task.FromResult(Math.Pow(2, turns = turn)));
        Assert.Equal(WarmUp.MostTurns, turns);
    }
}
