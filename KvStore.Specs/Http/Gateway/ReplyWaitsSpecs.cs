using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Http.Gateway;

public sealed class ReplyWaitsSpecs : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly GetValue Get = new(Key.Parse("a"), Precondition.None, AllowStale: false, Edges.Context());
    private static readonly AttemptAnswer Answer = new(new Absent(Stale: false, Edges.Other));

    private readonly FakeTimeProvider _time = new();
    private readonly ReplyWaits _waits;
    private readonly List<ReplyWait> _looked = [];
    private Func<ReplyWait, ShardHolder?> _findGone = _ => null;

    public ReplyWaitsSpecs() => _waits = new ReplyWaits(_time, wait =>
    {
        _looked.Add(wait);
        return _findGone(wait);
    });

    public void Dispose() => _waits.Dispose();

    [Fact]
    public async Task The_first_end_counts()
    {
        var wait = Begin();
        wait.End(Answer);
        wait.End(default);
        wait.Fail(new InvalidOperationException());
        Assert.Equal(Answer, await wait.Task);
    }

    [Fact]
    public async Task Without_an_answer_it_ends_with_its_time_and_not_before()
    {
        var (wait, other) = (Begin(), Begin(Limit * 2));
        Pass(Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(wait.Task.IsCompleted);
        Pass(ReplyWaits.Tick);
        Assert.True(wait.Task.IsCompleted);
        Assert.Equal(default, await wait.Task);
        Assert.False(other.Task.IsCompleted);
    }

    [Fact]
    public void What_ends_by_itself_has_no_limit()
    {
        var wait = Begin(Timeout.InfiniteTimeSpan);
        Pass(TimeSpan.FromDays(1), TimeSpan.FromHours(1));
        Assert.False(wait.Task.IsCompleted);
    }

    [Fact]
    public async Task Whose_caller_went_away_waits_no_longer()
    {
        using var aborted = new CancellationTokenSource();
        var (wait, other) = (Begin(aborted: aborted.Token), Begin());
        await aborted.CancelAsync();
        Pass(ReplyWaits.Tick);
        Assert.True(wait.Task.IsCanceled);
        Assert.False(other.Task.IsCompleted);
    }

    [Fact]
    public async Task What_waits_in_vain_is_found_within_a_beat()
    {
        var (wait, other) = (Begin(), Begin());
        var gone = new ShardHolder(Edges.Other, Edges.OtherAddress);
        _findGone = looked => looked == wait ? gone : null;
        Pass(ReplyWaits.Beat);
        Assert.True(wait.Task.IsCompleted);
        Assert.Equal(new AttemptAnswer(null, Gone: gone), await wait.Task);
        Assert.False(other.Task.IsCompleted);
        Assert.Equal([other, wait], _looked);
    }

    [Fact]
    public async Task A_look_that_fails_ends_the_request_that_it_was_for_and_no_other()
    {
        var (wait, other) = (Begin(), Begin());
        _findGone = looked => looked == wait ? throw new InvalidOperationException("broken") : null;
        Pass(ReplyWaits.Beat);
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => wait.Task)).Message);
        other.End(Answer);
        Assert.Equal(Answer, await other.Task);
    }

    [Fact]
    public async Task Nobody_waits_for_ever_when_it_is_disposed_of()
    {
        var (wait, other) = (Begin(), Begin());
        _waits.Dispose();
        Assert.Equal(default, await wait.Task);
        Assert.Equal(default, await other.Task);
        Assert.Equal(default, await Begin().Task);
    }

    [Fact]
    public async Task A_sweep_runs_in_nobodys_context()
    {
        var context = new AsyncLocal<string> { Value = "the first request" };
        string? seen = "nothing";
        using var waits = new ReplyWaits(TimeProvider.System, _ =>
        {
            seen = context.Value;
            return new ShardHolder(Edges.Other, Edges.OtherAddress);
        });
        await waits.Begin(Get, null, default, Limit, CancellationToken.None).Task;
        Assert.Null(seen);
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(1, 0, 2)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 2, 0)]
    public void Nobody_looks_after_what_has_ended_in_whatever_order(params int[] order)
    {
        var waits = new[] { Begin(), Begin(), Begin() };
        foreach (var ended in order)
        {
            _looked.Clear();
            waits[ended].End(Answer);
            Pass(ReplyWaits.Beat);
            Assert.Equal(waits.Where(wait => !wait.Task.IsCompleted).Reverse(), _looked);
        }

        // The timer stood still meanwhile, and goes on for the next.
        Pass(ReplyWaits.Beat * 3);
        var next = Begin(ReplyWaits.Tick);
        Pass(ReplyWaits.Tick * 2);
        Assert.True(next.Task.IsCompleted);
    }

    private ReplyWait Begin(TimeSpan? limit = null, CancellationToken aborted = default) => _waits.Begin(Get, null, default, limit ?? Limit, aborted);

    private void Pass(TimeSpan time, TimeSpan? step = null)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += step ?? ReplyWaits.Tick)
        {
            _time.Advance(step is null && time - passed < ReplyWaits.Tick ? time - passed : step ?? ReplyWaits.Tick);
        }
    }
}
