using CsCheck;
using KvStore.Http.Gateway;

namespace KvStore.Specs.Http.Gateway;

public sealed class AttemptPolicySpecs
{
    private static readonly TimeSpan Total = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_write_waits_for_all_the_time_that_is_left() =>
        Assert.Equal(TimeSpan.FromSeconds(7), new AttemptPolicy(true, Total).LimitOf(0, TimeSpan.FromSeconds(7)));

    [Theory]
    [InlineData(0, 10_000, 400)]
    [InlineData(1, 10_000, 800)]
    [InlineData(3, 10_000, 3_200)]
    [InlineData(4, 10_000, 5_000)]
    [InlineData(int.MaxValue, 10_000, 5_000)]
    [InlineData(3, 3_000, 3_000)]
    [InlineData(3, 3_274, 3_274)]
    [InlineData(3, 3_275, 3_200)]
    public void A_read_waits_for_longer_each_time_and_for_half_of_its_time_at_the_longest(int silences, int left, int limit) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(limit), new AttemptPolicy(false, Total).LimitOf(silences, TimeSpan.FromMilliseconds(left)));

    [Fact]
    public void Only_a_read_is_sent_again_after_a_time_out()
    {
        Assert.True(new AttemptPolicy(false, Total).MayResendAfterTimeout(TimeSpan.FromSeconds(5)));
        Assert.False(new AttemptPolicy(false, Total).MayResendAfterTimeout(TimeSpan.FromMilliseconds(49)));
        Assert.False(new AttemptPolicy(true, Total).MayResendAfterTimeout(TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 40)]
    [InlineData(4, 160)]
    [InlineData(5, 250)]
    [InlineData(int.MaxValue, 250)]
    public void The_delay_grows_to_its_bound(int refusals, int milliseconds)
    {
        var policy = new AttemptPolicy(true, Total);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds / 2.0), policy.DelayAfterRefusal(refusals, Total, 0));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds * 0.75), policy.DelayAfterRefusal(refusals, Total, 0.5));
    }

    [Fact]
    public void An_attempt_is_only_begun_with_time_enough_for_an_answer() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[0, 10_000], Gen.Double[0, 0.999], Gen.Bool).Sample((refusals, left, chance, isWrite) =>
        {
            var delay = new AttemptPolicy(isWrite, Total).DelayAfterRefusal(refusals, TimeSpan.FromMilliseconds(left), chance);
            return delay is null
                ? left < 300
                : TimeSpan.FromMilliseconds(left) - delay >= AttemptPolicy.ShortestAttempt && delay <= AttemptPolicy.LongestDelay;
        });
}
