using KvStore.Node.Diagnostics;
using KvStore.Node.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Diagnostics;

public sealed class FaultReportsSpecs
{
    private static readonly StoreUnavailableException Away = new("away");
    private readonly FakeTimeProvider _clock = new();
    private readonly FaultReports _reports;

    public FaultReportsSpecs() => _reports = new FaultReports(_clock);

    [Fact]
    public void The_first_fault_of_an_interval_is_a_warning_and_the_others_are_not()
    {
        Assert.Equal([LogLevel.Warning, LogLevel.Debug, LogLevel.Debug], Next(3));
        _clock.Advance(FaultReports.Interval - TimeSpan.FromMilliseconds(1));
        Assert.Equal([LogLevel.Debug], Next(1));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([LogLevel.Warning, LogLevel.Debug], Next(2));
    }

    [Fact]
    public void What_is_no_fault_of_the_store_is_always_a_warning()
    {
        Next(1);
        Assert.Equal(LogLevel.Warning, _reports.NextLevel(new InvalidCastException()));
    }

    [Fact]
    public void Of_two_faults_at_the_same_time_one_is_a_warning()
    {
        FaultReports? reports = null;
        var levels = new List<LogLevel>();
        var clock = new InterruptingClock(() => levels.Add(reports!.NextLevel(Away)));
        reports = new FaultReports(clock);

        levels.Add(reports.NextLevel(Away));

        Assert.Equal([LogLevel.Warning, LogLevel.Debug], levels);
    }

    private IEnumerable<LogLevel> Next(int faults) => Enumerable.Range(0, faults).Select(_ => _reports.NextLevel(Away)).ToList();

    /// <summary>Lets another fault in once, after the first one has looked when the next warning is due and before it sets that.</summary>
    private sealed class InterruptingClock(Action interrupt) : TimeProvider
    {
        private Action? _interrupt = interrupt;

        public override long TimestampFrequency
        {
            get
            {
                Interlocked.Exchange(ref _interrupt, null)?.Invoke();
                return base.TimestampFrequency;
            }
        }
    }
}
