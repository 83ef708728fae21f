using KvStore.Node.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Diagnostics;

public sealed class FaultReportsSpecs
{
    private readonly FakeTimeProvider _clock = new();
    private readonly FaultReports _reports;

    public FaultReportsSpecs() => _reports = new FaultReports(_clock);

    [Fact]
    public void The_first_fault_of_an_interval_is_a_warning_and_the_others_are_not()
    {
        Assert.Equal([LogLevel.Warning, LogLevel.Debug, LogLevel.Debug], Enumerable.Range(0, 3).Select(_ => _reports.NextLevel()));
        _clock.Advance(FaultReports.Interval - TimeSpan.FromMilliseconds(1));
        Assert.Equal(LogLevel.Debug, _reports.NextLevel());
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([LogLevel.Warning, LogLevel.Debug], Enumerable.Range(0, 2).Select(_ => _reports.NextLevel()));
    }

    [Fact]
    public void Of_faults_at_the_same_time_one_is_a_warning()
    {
        var levels = new LogLevel[10_000];
        Parallel.For(0, levels.Length, i => levels[i] = _reports.NextLevel());

        Assert.Single(levels, LogLevel.Warning);
    }
}
