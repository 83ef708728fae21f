using CsCheck;
using KvStore.Messages.Keys;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Messages;

public sealed class DeadlineSpecs
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_deadline_is_past_at_its_moment_and_not_before()
    {
        var deadline = Deadline.After(TimeSpan.FromMilliseconds(10), _time);

        _time.Advance(TimeSpan.FromMilliseconds(10) - TimeSpan.FromTicks(1));
        Assert.False(deadline.IsPast(_time));
        Assert.Equal(TimeSpan.FromTicks(1), deadline.Left(_time));

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(deadline.IsPast(_time));
        Assert.Equal(TimeSpan.Zero, deadline.Left(_time));
    }

    [Fact]
    public void A_past_deadline_has_no_time_left_however_long_it_is_past()
    {
        var deadline = Deadline.After(TimeSpan.FromSeconds(-1), _time);
        Assert.True(deadline.IsPast(_time));

        _time.Advance(TimeSpan.FromDays(1_000));
        Assert.Equal(TimeSpan.Zero, deadline.Left(_time));
    }

    [Fact]
    public void No_time_is_lost_in_making_one() => Gen.Long[0, TimeSpan.TicksPerDay].Sample(
        ticks => Assert.Equal(TimeSpan.FromTicks(ticks), Deadline.After(TimeSpan.FromTicks(ticks), _time).Left(_time)), iter: 10_000);

    [Fact]
    public void A_deadline_that_the_clock_cannot_count_to_is_still_in_the_future() =>
        Assert.False(Deadline.After(TimeSpan.MaxValue, TimeProvider.System).IsPast(TimeProvider.System));

    [Fact]
    public void The_real_clock_s_unit_is_taken_into_account()
    {
        var left = Deadline.After(TimeSpan.FromMinutes(1), TimeProvider.System).Left(TimeProvider.System);
        Assert.InRange(left, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
    }
}
